// Our own icons: 16 units square, drawn in lines.

const SHAPES = {
  overview: 'M2.5 13.5h11M4 11V7.5M8 11V2.5M12 11V5.5',
  groups: 'M8 1.8 14 5 8 8.2 2 5zM2 8l6 3.2L14 8M2 11l6 3.2 6-3.2',
  reports: 'M3.5 1.8h6l3 3v9.4h-9zM9.2 1.8V5h3.3M5.7 8h4.6M5.7 10.8h4.6',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.5 3.5',
  user: 'M8 2.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM2.7 13.8c.4-2.7 2.5-4.2 5.3-4.2s4.9 1.5 5.3 4.2',
  chevron: 'm4.5 6.2 3.5 3.6 3.5-3.6',
  right: 'm6.2 4.5 3.6 3.5-3.6 3.5',
  left: 'M9.8 4.5 6.2 8l3.6 3.5',
  up: 'M8 13V3.4M4 7.2 8 3.2l4 4',
  down: 'M8 3v9.6M4 8.8l4 4 4-4',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  download: 'M8 2v8.2M4.6 7 8 10.4 11.4 7M2.5 13.5h11',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.8V8l2.3 1.6',
  alert: 'M8 2.2 14.4 13.4H1.6zM8 6.3v3.4M8 11.4v.4',
  cross: 'm4 4 8 8M12 4l-8 8',
  keyboard: 'M1.5 4h13v8.2h-13zM4 6.8h.1M6.7 6.8h.1M9.3 6.8h.1M12 6.8h.1M5 9.5h6',
  plug: 'M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5V15',
  lock: 'M3.5 7h9v6.8h-9zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2',
  file: 'M3.5 1.8h6l3 3v9.4h-9zM9.2 1.8V5h3.3',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, label }: { name: IconName; label?: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" role={label ? 'img' : undefined} aria-label={label} aria-hidden={label ? undefined : true}>
      <path d={SHAPES[name]} />
    </svg>
  );
}

/** The product's mark: a life ring. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden={true}>
      <circle class="mark-ring" cx="16" cy="16" r="10.5" />
      <path class="mark-bands" d="M16 2v7M16 23v7M2 16h7M23 16h7" />
      <circle class="mark-edge" cx="16" cy="16" r="14" />
      <circle class="mark-edge" cx="16" cy="16" r="6.75" />
    </svg>
  );
}
