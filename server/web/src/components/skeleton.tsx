// Grey shapes in the size of what is coming.

const WIDTHS = ['w-60', 'w-80', 'w-45', 'w-70', 'w-55', 'w-75', 'w-50', 'w-65'];

export function Bone({ class: name = '' }: { class?: string }) {
  return <span class={`bone ${name}`} aria-hidden={true} />;
}

export function SkeletonLines({ lines, label }: { lines: number; label: string }) {
  return (
    <div class="skeleton-lines" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <div class="skeleton-line" key={index}><Bone class={WIDTHS[index % WIDTHS.length]!} /></div>
      ))}
    </div>
  );
}
