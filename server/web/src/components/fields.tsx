// Names and values, one to a line.
import type { ComponentChildren } from 'preact';

export interface Field {
  name: string;
  value: ComponentChildren;
  mono?: boolean;
}

export function Fields({ fields, label }: { fields: Field[]; label: string }) {
  return (
    <dl class="fields" aria-label={label}>
      {fields.map((field) => (
        <div class="field" key={field.name}>
          <dt><bdi>{field.name}</bdi></dt>
          <dd class={field.mono ? 'mono' : undefined}>{typeof field.value === 'string' ? <bdi>{field.value}</bdi> : field.value}</dd>
        </div>
      ))}
    </dl>
  );
}
