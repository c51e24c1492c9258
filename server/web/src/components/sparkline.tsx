// A trend in the height of a line of text: one bar per bucket, the last one is now.
import { number } from '../format';

const WIDTH = 96;
const HEIGHT = 20;

export function Sparkline({ values, stretch }: { values: number[]; stretch?: boolean }) {
  const most = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length);
  const total = values.reduce((sum, value) => sum + value, 0);
  const label = values.length === 0 ? 'No trend' : `Trend: ${number(total)} in ${values.length} steps, most ${number(Math.max(...values))} in one`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} preserveAspectRatio={stretch ? 'none' : undefined} role="img" aria-label={label} data-tip={label}>
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * (HEIGHT - 2));
        return (
          <rect key={index} class={value === 0 ? 'spark-zero' : 'spark'} x={index * step + 0.5} y={HEIGHT - height} width={Math.max(0.5, step - 1)} height={height} />
        );
      })}
    </svg>
  );
}
