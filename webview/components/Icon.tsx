/** Small pictures, drawn here so that a page loads no font. They take the colour of the text. */
import { type VNode } from 'preact';

/** 16 × 16 outlines, stroked with the current colour. */
const outlines = {
  down: 'M4 6.5 8 10.5 12 6.5',
  right: 'M6.5 4 10.5 8 6.5 12',
  sortUp: 'M8 12.5v-9M4.5 7 8 3.5 11.5 7',
  sortDown: 'M8 3.5v9M4.5 9 8 12.5 11.5 9',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  export: 'M8 10.5v-8M5 5.5l3-3 3 3M2.5 9.5v4h11v-4',
  reveal: 'M1.5 12.5v-9h4l1.5 2h7.5v7zM1.5 6.5h13',
  compare: 'M2.5 2.5h4v11h-4zM9.5 2.5h4v11h-4z',
  curve: 'M2.5 2.5v11h11M4.5 4.5c1 5 4 6 8.5 6.5',
  save: 'M2.5 2.5h8.5l2.5 2.5v8.5h-11zM5 2.5v4h5v-4M5 13.5v-4h6v4',
  filter: 'M1.5 3h13M4 8h8M6.5 13h3',
  close: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.4v.9',
  error: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M5.5 5.5l5 5M10.5 5.5l-5 5',
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M8 7v4.5M8 4.4v1',
  changed: 'M3.5 8a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0',
  skipped: 'M3.5 8h9',
  added: 'M8 3.5v9M3.5 8h9',
  removed: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
} as const;

/** Name of a picture. */
export type IconName = keyof typeof outlines;

/** A picture beside words, or alone with a `label` for those who cannot see it. */
export function Icon({ name, label, slot }: { name: IconName; label?: string; slot?: string }): VNode {
  const spoken = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" slot={slot} {...spoken}>
      {label !== undefined && <title>{label}</title>}
      <path d={outlines[name]} />
    </svg>
  );
}
