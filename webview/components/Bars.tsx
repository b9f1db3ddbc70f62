/** Two bars on one scale: before (hatched outline) above after (solid). Told apart by pattern and place, not by colour alone. */
import { type VNode } from 'preact';

/** Length and, where something was measured, the ends of its spread; all from 0 to 1. */
export interface BarLength {
  readonly length: number;
  readonly spread?: readonly [from: number, to: number];
}

/** A pair of bars, or one. The numbers beside it say the same, so it is hidden from screen readers. */
export function Bars({ before, after }: { before?: BarLength | null; after: BarLength | null }): VNode {
  return (
    <span class="bars" aria-hidden="true">
      {before !== undefined && <Bar {...before} kind="before" />}
      <Bar {...after} kind="after" />
    </span>
  );
}

function Bar({ length, spread, kind }: Partial<BarLength> & { kind: 'before' | 'after' }): VNode {
  return (
    <span class={`bar bar-${kind}`}>
      {length !== undefined && length > 0 && <span class="bar-fill" style={{ width: percent(length) }} />}
      {spread && (
        <span class="bar-spread" style={{ left: percent(spread[0]), width: percent(spread[1] - spread[0]) }} />
      )}
    </span>
  );
}

function percent(share: number): string {
  return `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
}
