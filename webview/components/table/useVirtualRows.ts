/** Which rows of a long table are in view: only those are drawn. The page itself scrolls, so that it reads as one page. */
import { type RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows from `first` up to, not including, `last`. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
}

/** Rows of one height, one below the other. */
export interface RowStack {
  readonly count: number;
  /** Of each, in pixels. */
  readonly height: number;
}

/** Pixels drawn above and below the view, so that a fast scroll does not show a gap. */
const overscan = 280;

/** Follows scrolling and changes of size; `body` is the element as high as all rows together. */
export function useVirtualRows(body: RefObject<HTMLElement>, { count, height }: RowStack): RowWindow {
  const [drawn, setDrawn] = useState<RowWindow>({ first: 0, last: 0 });

  useLayoutEffect(() => {
    const update = (): void => {
      const element = body.current;
      if (!element) return;
      const next = visibleRows(element.getBoundingClientRect().top, window.innerHeight, { count, height });
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
  }, [body, count, height]);

  return { first: Math.min(drawn.first, count), last: Math.min(drawn.last, count) };
}

/** The rows in view when the first row begins `top` pixels below the upper edge of a view that is `viewHeight` high. */
export function visibleRows(top: number, viewHeight: number, rows: RowStack): RowWindow {
  const first = rowAt(rows, -top - overscan);
  const last = Math.min(rows.count, rowAt(rows, viewHeight - top + overscan) + 1);
  return { first, last: Math.max(first, last) };
}

/** The row that holds a position, the nearest one outside the table. */
export function rowAt({ count, height }: RowStack, position: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(position / height)));
}
