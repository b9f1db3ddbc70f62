/** Panning and zooming: with the mouse, the wheel and the keyboard. */
import { type RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type View } from './draw';
import { boxHeight, type Layout } from './layout';

const [leastScale, mostScale] = [0.02, 2.5];
/** Below this the names in boxes cannot be read. */
const readableScale = 0.6;
const margin = 24;

/** What the drawing is moved by. */
export interface ViewControl {
  readonly view: View;
  readonly fit: () => void;
  readonly zoom: (factor: number, x?: number, y?: number) => void;
  readonly pan: (dx: number, dy: number) => void;
  /** Brings a point of the drawing into sight. */
  readonly show: (x: number, y: number) => void;
  /** Puts a point of the drawing in the middle, large enough to be read. */
  readonly centre: (x: number, y: number) => void;
}

/** The view of a canvas of this size; a new layout is shown from its top, as large as it can be read. */
export function useView(
  canvas: RefObject<HTMLCanvasElement>,
  layout: Layout,
  width: number,
  height: number,
): ViewControl {
  const [view, setView] = useState<View>({ scale: 1, left: 0, top: 0 });
  const size = useRef({ width, height });
  size.current = { width, height };

  const fit = useCallback(() => setView(fitted(layout, size.current)), [layout]);
  useEffect(() => {
    // Small graphs as a whole; of large ones the beginning, or nothing could be read.
    const whole = fitted(layout, size.current);
    setView(whole.scale >= readableScale ? whole : begun(layout, size.current));
  }, [layout, width > 0]);

  const zoom = useCallback((factor: number, x?: number, y?: number) => {
    setView(({ scale, left, top }) => {
      const next = Math.min(mostScale, Math.max(leastScale, scale * factor));
      const [px, py] = [x ?? size.current.width / 2, y ?? size.current.height / 2];
      return { scale: next, left: left + px / scale - px / next, top: top + py / scale - py / next };
    });
  }, []);
  const pan = useCallback((dx: number, dy: number) => {
    setView(({ scale, left, top }) => ({ scale, left: left - dx / scale, top: top - dy / scale }));
  }, []);
  const show = useCallback((x: number, y: number) => {
    setView((view) => {
      const [w, h] = [size.current.width / view.scale, size.current.height / view.scale];
      const inside =
        x > view.left + 40 && x < view.left + w - 40 && y > view.top + boxHeight && y < view.top + h - boxHeight;
      return inside ? view : { ...view, left: x - w / 2, top: y - h / 2 };
    });
  }, []);
  const centre = useCallback((x: number, y: number) => {
    setView((view) => {
      const scale = Math.max(readableScale, view.scale);
      return { scale, left: x - size.current.width / 2 / scale, top: y - size.current.height / 2 / scale };
    });
  }, []);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(-event.deltaY / 200), event.offsetX, event.offsetY);
      } else pan(event.shiftKey ? -event.deltaY : -event.deltaX, event.shiftKey ? 0 : -event.deltaY);
    };
    // Preact's own listener would be passive, and the page would scroll.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [canvas, zoom, pan]);
  return { view, fit, zoom, pan, show, centre };
}

function fitted({ width, height }: Layout, size: { width: number; height: number }): View {
  const room = { width: Math.max(1, size.width - 2 * margin), height: Math.max(1, size.height - 2 * margin) };
  const scale = Math.max(leastScale, Math.min(1, room.width / Math.max(1, width), room.height / Math.max(1, height)));
  return { scale, left: width / 2 - size.width / 2 / scale, top: height / 2 - size.height / 2 / scale };
}

function begun({ width, x }: Layout, size: { width: number; height: number }): View {
  const scale = Math.max(readableScale, Math.min(1, (size.width - 2 * margin) / Math.max(1, width)));
  return { scale, left: (x[0] ?? width / 2) - size.width / 2 / scale, top: -margin / scale };
}
