/** Follows the width of an element, for what must know its pixels. */
import { type RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Width in pixels; 0 before the element is laid out. */
export function useWidth(element: RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const update = (): void => setWidth(target.clientWidth);
    update();
    const observer = new ResizeObserver(update);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
