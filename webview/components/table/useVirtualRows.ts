/** Which rows of a long table are in view: only those are drawn. The page itself scrolls, so that it reads as one page. */
import { type RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows from `first` up to, not including, `last`. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
}

/** Rows drawn above and below the view, so that a fast scroll does not show a gap. */
const overscan = 12;

/** Follows scrolling and changes of size; `body` is the element as high as all rows together. */
export function useVirtualRows(body: RefObject<HTMLElement>, count: number, rowHeight: number): RowWindow {
  const [window_, setWindow] = useState<RowWindow>({ first: 0, last: 0 });

  useLayoutEffect(() => {
    const update = (): void => {
      const element = body.current;
      if (!element) return;
      const next = visibleRows(element.getBoundingClientRect().top, window.innerHeight, count, rowHeight);
      setWindow((known) => (known.first === next.first && known.last === next.last ? known : next));
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
  }, [body, count, rowHeight]);

  return { first: Math.min(window_.first, count), last: Math.min(window_.last, count) };
}

/** The rows in view when the first row's top is at `top` (pixels below the upper edge of a view of height `height`). */
export function visibleRows(top: number, height: number, count: number, rowHeight: number): RowWindow {
  const above = Math.floor(-top / rowHeight) - overscan;
  // An even first row keeps the stripes in place.
  const first = Math.min(Math.max(0, above - (above % 2)), count);
  const last = Math.min(Math.max(first, Math.ceil((height - top) / rowHeight) + overscan), count);
  return { first, last };
}
