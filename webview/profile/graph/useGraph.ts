/** What the graph shows: which scopes are open, which box is selected, where everything is. */
import { useMemo, useState } from 'preact/hooks';
import { type InspectReport } from '../../../src/protocol/report';
import { visibleName } from '../../../src/report/text';
import { text } from '../../strings';
import { formatMetric, type Metric } from '../costs';
import { type MeasuredLayer } from '../measured';
import { type Drawing } from './draw';
import { layOut } from './layout';
import { firstOpen, type GraphNode, type LayerPlace, visibleGraph } from './visible';

/** Boxes that are drawn before scopes are left closed. */
const room = 120;

/** The graph as it is now, and what can be done to it. */
export interface ShownGraph {
  readonly drawing: Drawing;
  /** Selects a box by its index, or none. */
  readonly select: (index: number | undefined) => void;
  /** Opens a scope, or closes the one that a layer is in. */
  readonly toggle: (node: GraphNode) => void;
  readonly closeAll: () => void;
  /** Opens the scopes around a layer and selects it. */
  readonly place: (place: LayerPlace) => void;
}

/** The graph of a model, in the colours of one cost. */
export function useGraph(report: InspectReport, layers: readonly MeasuredLayer[], metric: Metric): ShownGraph {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(layers, room));
  const [selectedId, setSelectedId] = useState<string>();

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

  return {
    drawing,
    select: (index) => setSelectedId(index === undefined ? undefined : graph.nodes[index]?.id),
    toggle: (node) => {
      setOpen(toggled(open, node));
      setSelectedId(node.kind === 'scope' ? undefined : node.scope);
    },
    closeAll: () => setOpen(new Set()),
    place: ({ id, scopes }) => {
      setOpen(new Set([...open, ...scopes]));
      setSelectedId(id);
    },
  };
}

function toggled(open: ReadonlySet<string>, node: GraphNode): ReadonlySet<string> {
  if (node.kind === 'scope') return new Set([...open, node.id]);
  return new Set([...open].filter((scope) => scope !== node.scope && !scope.startsWith(`${node.scope}/`)));
}

const widthOf = ({ label, detail, kind }: GraphNode): number => {
  const letters = Math.max(Math.min(visibleName(label).length, 28) * 7.2, Math.min(detail.length + 9, 30) * 6.2);
  return Math.max(kind === 'port' ? 50 : 84, Math.round(letters) + 22);
};

/** "Conv 3x3 · 47.2 M", "12 layers · 106 M", "float32". */
function detailOf({ kind, detail, value, layers }: GraphNode, metric: Metric): string {
  const what = kind === 'scope' ? text('layersCount', layers.length) : visibleName(detail);
  return [what, value > 0 ? formatMetric(value, metric) : ''].filter(Boolean).join(' · ');
}
