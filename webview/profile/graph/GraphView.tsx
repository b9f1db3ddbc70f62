/** The graph of a model: scopes that open and close, in the colours of the chosen cost, with details of what is selected. */
import { type VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type InspectReport } from '../../../src/protocol/report';
import { visibleName } from '../../../src/report/text';
import { Button } from '../../components/Button';
import { useWidth } from '../../components/useWidth';
import { text } from '../../strings';
import { formatMetric, type Metric } from '../costs';
import { type MeasuredLayer } from '../measured';
import { type Sought } from '../state';
import { GraphDetails } from './GraphDetails';
import { boxAt, draw, type Drawing } from './draw';
import { layOut } from './layout';
import { useSought } from './useSought';
import { useView } from './useView';
import { firstOpen, type GraphNode, visibleGraph } from './visible';

/** What the view needs to know. */
export interface GraphViewProps {
  readonly report: InspectReport;
  readonly layers: readonly MeasuredLayer[];
  readonly metric: Metric;
  readonly total: number;
  /** Shows a layer in the graph text; absent where there is none. */
  readonly onReveal?: (layer: MeasuredLayer) => void;
  /** A layer to lead to. */
  readonly sought: Sought | undefined;
  /** It is in sight and has the focus, or there is none of this name. */
  readonly onFound: () => void;
}

/** Boxes that are drawn before scopes are left closed. */
const room = 120;
const height = 560;

/** The view. */
export function GraphView({ report, layers, metric, total, onReveal, sought, onFound }: GraphViewProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(layers, room));
  const [selectedId, setSelectedId] = useState<string>();
  const theme = useTheme();

  const graph = useMemo(
    () => visibleGraph({ layers, inputs: report.inputs, outputs: report.outputs }, metric, open),
    [layers, report, metric, open],
  );
  const widths = useMemo(() => graph.nodes.map(widthOf), [graph]);
  // The places depend on the boxes alone: another cost only changes their colours.
  const key = graph.nodes.map(({ id }) => id).join('\n');
  const layout = useMemo(() => layOut({ widths, edges: graph.edges }), [key]);
  const position = graph.nodes.findIndex(({ id }) => id === selectedId);
  const selected = position < 0 ? undefined : position;
  const drawing: Drawing = useMemo(() => {
    const largest = graph.nodes.reduce((most, { value }) => Math.max(most, value), 0);
    const details = graph.nodes.map((node) => detailOf(node, metric));
    return { ...graph, layout, widths, largest, selected, details };
  }, [graph, layout, widths, selected, metric]);
  const control = useView(canvas, layout, width, height);
  const { view } = control;
  useSought({
    ...{ sought, layers, graph, layout, width, control },
    onPlace: ({ id, scopes }) => {
      setOpen(new Set([...open, ...scopes]));
      setSelectedId(id);
    },
    onFound: () => {
      canvas.current?.focus({ preventScroll: true });
      onFound();
    },
  });

  useEffect(() => {
    if (canvas.current) draw(canvas.current, drawing, view);
  }, [drawing, view, width, theme]);

  const select = (index: number | undefined): void => {
    setSelectedId(index === undefined ? undefined : graph.nodes[index]?.id);
    if (index !== undefined) control.show(layout.x[index]!, layout.y[index]!);
  };
  const toggle = (node: GraphNode): void => {
    const next = new Set(open);
    if (node.kind === 'scope') next.add(node.id);
    else for (const scope of next) if (scope === node.scope || scope.startsWith(`${node.scope}/`)) next.delete(scope);
    setOpen(next);
    setSelectedId(node.kind === 'scope' ? undefined : node.scope);
  };
  const drag = useRef<{ x: number; y: number; moved: boolean }>();
  const at = (event: MouseEvent): number | undefined =>
    boxAt(drawing, view.left + event.offsetX / view.scale, view.top + event.offsetY / view.scale);

  const onKeyDown = (event: KeyboardEvent): void => {
    const node = selected === undefined ? undefined : graph.nodes[selected];
    const next = neighbour(drawing, selected, event.key);
    if (next !== undefined) select(next);
    else if (event.key === 'Enter' && node) toggle(node);
    else if (event.key === '+' || event.key === '=') control.zoom(1.25);
    else if (event.key === '-') control.zoom(0.8);
    else if (event.key === '0') control.fit();
    else if (event.key === 'Escape') select(undefined);
    else return;
    event.preventDefault();
  };
  const ratio = window.devicePixelRatio;
  return (
    <section class="section graph" aria-label={text('graph')}>
      <div class="section-bar">
        <h2 class="section-title">
          {text('graph')} <span class="section-count">{text('boxes', graph.nodes.length)}</span>
        </h2>
        <div class="graph-tools">
          <Button help={text('zoomIn')} onClick={() => control.zoom(1.25)}>
            +
          </Button>
          <Button help={text('zoomOut')} onClick={() => control.zoom(0.8)}>
            −
          </Button>
          <Button onClick={control.fit}>{text('zoomFit')}</Button>
          <Button help={text('closeScopesHelp')} onClick={() => setOpen(new Set())}>
            {text('closeScopes')}
          </Button>
        </div>
      </div>
      <div class="graph-frame" ref={frame}>
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
          onKeyDown={onKeyDown}
          onPointerDown={(event) => {
            drag.current = { x: event.clientX, y: event.clientY, moved: false };
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => {
            const from = drag.current;
            if (!from) return;
            const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
            if (!from.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
            drag.current = { x: event.clientX, y: event.clientY, moved: true };
            control.pan(dx, dy);
          }}
          onPointerUp={(event) => {
            if (drag.current && !drag.current.moved) setSelectedId(graph.nodes[at(event) ?? -1]?.id);
            drag.current = undefined;
          }}
          onDblClick={(event) => {
            const node = graph.nodes[at(event) ?? -1];
            if (node) toggle(node);
          }}
        />
      </div>
      <GraphDetails
        node={selected === undefined ? undefined : graph.nodes[selected]}
        total={total}
        onToggle={toggle}
        {...(onReveal && { onReveal })}
      />
    </section>
  );
}

const widthOf = ({ label, detail, kind }: GraphNode): number => {
  const letters = Math.max(Math.min(visibleName(label).length, 28) * 7.2, Math.min(detail.length + 9, 30) * 6.2);
  return Math.max(kind === 'port' ? 50 : 84, Math.round(letters) + 22);
};

/** "Conv 3x3 · 47.2 M", "12 layers · 106 M", "float". */
function detailOf({ kind, detail, value, layers }: GraphNode, metric: Metric): string {
  const what = kind === 'scope' ? text('layersCount', layers.length) : visibleName(detail);
  return [what, value > 0 ? formatMetric(value, metric) : ''].filter(Boolean).join(' · ');
}

/** Where an arrow key leads: down along an arrow, up against one, sideways in the row. */
function neighbour({ edges, layout, nodes }: Drawing, from: number | undefined, key: string): number | undefined {
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
