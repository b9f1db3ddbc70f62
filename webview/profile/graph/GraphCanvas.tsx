/** The drawn graph: the mouse and the keyboard lead from box to box. */
import { type RefObject, type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../../strings';
import { boxAt, draw, type Drawing } from './draw';
import { type ShownGraph } from './useGraph';
import { type ViewControl } from './useView';

/** The drawing, what moves it, and its size in pixels. */
export interface GraphCanvasProps {
  readonly canvas: RefObject<HTMLCanvasElement>;
  readonly graph: ShownGraph;
  readonly control: ViewControl;
  readonly width: number;
  readonly height: number;
}

/** A press that moves by less is a click, pixels. */
const leastDrag = 4;

/** The canvas. */
export function GraphCanvas({ canvas, graph, control, width, height }: GraphCanvasProps): VNode {
  const { drawing, select, toggle } = graph;
  const { view } = control;
  const theme = useTheme();
  useEffect(() => {
    if (canvas.current) draw(canvas.current, drawing, view);
  }, [drawing, view, width, theme]);

  const at = (event: MouseEvent): number | undefined =>
    boxAt(drawing, view.left + event.offsetX / view.scale, view.top + event.offsetY / view.scale);
  const drag = useDrag(control.pan, (event) => select(at(event)));
  const ratio = window.devicePixelRatio;
  return (
    <canvas
      ref={canvas}
      tabIndex={0}
      role="application"
      aria-label={text('graph')}
      aria-description={text('graphHelp')}
      aria-describedby="graph-details"
      width={Math.round(width * ratio)}
      height={Math.round(height * ratio)}
      style={{ width: `${width}px`, height: `${height}px` }}
      onKeyDown={(event) => {
        if (pressed(event.key, graph, control)) event.preventDefault();
      }}
      onDblClick={(event) => {
        const node = drawing.nodes[at(event) ?? -1];
        if (node) toggle(node);
      }}
      {...drag}
    />
  );
}

/** Does what a key stands for; false for one that means nothing here. */
function pressed(key: string, { drawing, select, toggle }: ShownGraph, control: ViewControl): boolean {
  const { nodes, selected, layout } = drawing;
  const node = selected === undefined ? undefined : nodes[selected];
  const next = neighbour(drawing, key);
  if (next !== undefined) {
    select(next);
    control.show(layout.x[next]!, layout.y[next]!);
  } else if (key === 'Enter' && node) toggle(node);
  else if (key === '+' || key === '=') control.zoom(1.25);
  else if (key === '-') control.zoom(0.8);
  else if (key === '0') control.fit();
  else if (key === 'Escape') select(undefined);
  else return false;
  return true;
}

/** Where an arrow key leads: down along an arrow, up against one, sideways in the row. */
function neighbour({ edges, layout, nodes, selected: from }: Drawing, key: string): number | undefined {
  if (!key.startsWith('Arrow')) return undefined;
  if (from === undefined) return nodes.length > 0 ? 0 : undefined;
  if (key === 'ArrowDown') return edges.find(([source]) => source === from)?.[1];
  if (key === 'ArrowUp') return edges.find(([, target]) => target === from)?.[0];
  const sign = key === 'ArrowRight' ? 1 : -1;
  let best: number | undefined;
  for (let index = 0; index < nodes.length; index++) {
    const distance = (layout.x[index]! - layout.x[from]!) * sign;
    if (layout.y[index] !== layout.y[from] || distance <= 0) continue;
    if (best === undefined || distance < (layout.x[best]! - layout.x[from]!) * sign) best = index;
  }
  return best;
}

/** Handlers of an element that is dragged about, and that is clicked when it was not. */
function useDrag(onMove: (dx: number, dy: number) => void, onClick: (event: PointerEvent) => void) {
  const drag = useRef<{ x: number; y: number; moved: boolean }>();
  return {
    onPointerDown(event: PointerEvent & { readonly currentTarget: Element }): void {
      drag.current = { x: event.clientX, y: event.clientY, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent): void {
      const from = drag.current;
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.abs(dx) + Math.abs(dy) < leastDrag) return;
      drag.current = { x: event.clientX, y: event.clientY, moved: true };
      onMove(dx, dy);
    },
    onPointerUp(event: PointerEvent): void {
      if (drag.current && !drag.current.moved) onClick(event);
      drag.current = undefined;
    },
  };
}

/** Changes whenever the editor's theme does: VS Code names it in the classes of the body. */
function useTheme(): string {
  const [theme, setTheme] = useState(document.body.className);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(`${document.body.className} ${Date.now()}`));
    observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
