/** Which rows of a long table are in view: only those are drawn. The page itself scrolls, so that it reads as one page. */
import { type RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows from `first` up to, not including, `last`. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
}

/** Where each row begins, in pixels below the first; one more entry says where the last ends. */
export type RowOffsets = Float64Array;

/** Pixels drawn above and below the view, so that a fast scroll does not show a gap. */
const overscan = 280;

/** Follows scrolling and changes of size; `body` is the element as high as all rows together. */
export function useVirtualRows(body: RefObject<HTMLElement>, offsets: RowOffsets): RowWindow {
  const [drawn, setDrawn] = useState<RowWindow>({ first: 0, last: 0 });

  useLayoutEffect(() => {
    const update = (): void => {
      const element = body.current;
      if (!element) return;
      const next = visibleRows(element.getBoundingClientRect().top, window.innerHeight, offsets);
      setDrawn((known) => (known.first === next.first && known.last === next.last ? known : next));
    };
    update();
    // What is above the table may grow or shrink without any scrolling.
    const observer = new ResizeObserver(update);
    observer.observe(document.body);
    window.addEventListener('scroll', update, { passive: true });
    window.addEventListener('resize', update);
    return () => {
      observer.disconnect();
      window.removeEventListener('scroll', update);
      window.removeEventListener('resize', update);
    };
  }, [body, offsets]);

  const count = offsets.length - 1;
  return { first: Math.min(drawn.first, count), last: Math.min(drawn.last, count) };
}

/** Offsets of rows of these heights. */
export function offsetsOf<Row>(rows: readonly Row[], height: (row: Row) => number): RowOffsets {
  const offsets = new Float64Array(rows.length + 1);
  rows.forEach((row, index) => (offsets[index + 1] = (offsets[index] ?? 0) + height(row)));
  return offsets;
}

/** The rows in view when the first row begins `top` pixels below the upper edge of a view that is `height` high. */
export function visibleRows(top: number, height: number, offsets: RowOffsets): RowWindow {
  const first = rowAt(offsets, -top - overscan);
  const last = Math.min(offsets.length - 1, rowAt(offsets, height - top + overscan) + 1);
  return { first, last: Math.max(first, last) };
}

/** The row that holds a position, the nearest one outside the table; by bisection. */
export function rowAt(offsets: RowOffsets, position: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
