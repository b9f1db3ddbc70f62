/** The graph that is drawn: layers, and scopes that stand for all layers in them until somebody opens them. */
import { type PortReport } from '../../../src/protocol/report';
import { elementTypeText } from '../../../src/report/elementType';
import { costOf, type Metric } from '../costs';
import { type MeasuredLayer } from '../measured';

/** A box. */
export interface GraphNode {
  /** Path of a scope, `#index` of a layer, `>name` of an input or output of the model. */
  readonly id: string;
  readonly kind: 'layer' | 'scope' | 'port';
  readonly label: string;
  /** Of a layer: its kind; of a port: its type. */
  readonly detail: string;
  readonly value: number;
  /** Layers that it stands for. */
  readonly layers: readonly MeasuredLayer[];
  /** The innermost scope that it shares with others, '' at the top. */
  readonly scope: string;
}

/** Boxes in the order in which they first run, and arrows between them by position. */
export interface VisibleGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** A model with its ports. */
export interface GraphSource {
  readonly layers: readonly MeasuredLayer[];
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
}

/** Scopes of a layer, outermost first: "a", "a/b". */
function scopesOf({ scope }: MeasuredLayer): string[] {
  const parts = scope.split('/').filter(Boolean);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** How many layers each scope holds. */
export function scopeSizes(layers: readonly MeasuredLayer[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const layer of layers.filter(isDrawn)) {
    for (const scope of scopesOf(layer)) sizes.set(scope, (sizes.get(scope) ?? 0) + 1);
  }
  return sizes;
}

/** Constants, and rows inside of bodies, are part of others. */
const isDrawn = ({ opType, parent }: MeasuredLayer): boolean => opType !== 'Constant' && parent === undefined;

/** Scopes to open at first: those that hold everything, then level by level while there is room for all boxes. */
export function firstOpen(layers: readonly MeasuredLayer[], room: number): ReadonlySet<string> {
  const drawn = layers.filter(isDrawn);
  const open = new Set<string>();
  const depth = drawn.reduce((most, layer) => Math.max(most, scopesOf(layer).length), 0);
  const sizes = scopeSizes(layers);
  for (let level = 1; level <= depth; level++) {
    const scopes = [...sizes.keys()].filter((scope) => scope.split('/').length === level);
    const trial = new Set([...open, ...scopes]);
    const boxes = new Set(drawn.map((layer) => boxOf(layer, trial, sizes)));
    if (boxes.size > room && scopes.length > 1) break;
    for (const scope of scopes) open.add(scope);
  }
  return open;
}

/** Id of the box that stands for a layer. */
function boxOf(layer: MeasuredLayer, open: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): string {
  // A scope of one layer says no more than the layer.
  const closed = scopesOf(layer).find((scope) => !open.has(scope) && (sizes.get(scope) ?? 0) > 1);
  return closed ?? `#${layer.index}`;
}

/** Where a layer is drawn once all scopes around it are open. */
export interface LayerPlace {
  readonly id: string;
  readonly scopes: readonly string[];
}

/**
 * The box of a layer by its name. A layer inside of a body is drawn as the If, Loop or Scan around it, a constant as the
 * layer that reads it; undefined where there is none.
 */
export function placeOf(layers: readonly MeasuredLayer[], name: string): LayerPlace | undefined {
  let layer = layers.find((each) => each.name === name);
  while (layer?.parent !== undefined) {
    const { parent } = layer;
    layer = layers.find(({ index }) => index === parent);
  }
  if (layer && !isDrawn(layer)) {
    const made = new Set(layer.outputs);
    layer = layers.find((each) => isDrawn(each) && each.inputs.some((input) => made.has(input)));
  }
  return layer && { id: `#${layer.index}`, scopes: scopesOf(layer) };
}

/** Boxes and arrows for these open scopes. */
export function visibleGraph(
  { layers, inputs, outputs }: GraphSource,
  metric: Metric,
  open: ReadonlySet<string>,
): VisibleGraph {
  const sizes = scopeSizes(layers);
  const members = new Map<string, MeasuredLayer[]>();
  for (const layer of layers.filter(isDrawn)) {
    const id = boxOf(layer, open, sizes);
    const known = members.get(id);
    if (known) known.push(layer);
    else members.set(id, [layer]);
  }
  const nodes = [
    ...inputs.map((port) => portNode(port, 'in')),
    ...Array.from(members, ([id, own]) => nodeOf(id, own, metric, sizes)),
    ...outputs.map((port) => portNode(port, 'out')),
  ];
  return { nodes, edges: edgesOf(nodes, inputs, outputs) };
}

function portNode({ name, type }: PortReport, side: 'in' | 'out'): GraphNode {
  return {
    id: `>${side} ${name}`,
    kind: 'port',
    label: name,
    detail: elementTypeText(type),
    value: 0,
    layers: [],
    scope: '',
  };
}

function nodeOf(
  id: string,
  layers: readonly MeasuredLayer[],
  metric: Metric,
  sizes: ReadonlyMap<string, number>,
): GraphNode {
  const value = layers.reduce((sum, layer) => sum + costOf(layer, metric), 0);
  const [first] = layers;
  if (id.startsWith('#') && first) {
    const label = first.name.split('/').filter(Boolean).at(-1) ?? first.opType;
    const scope =
      scopesOf(first)
        .filter((each) => (sizes.get(each) ?? 0) > 1)
        .at(-1) ?? '';
    return { id, kind: 'layer', label, detail: first.kind, value, layers, scope };
  }
  const parts = id.split('/');
  return {
    id,
    kind: 'scope',
    label: parts.at(-1) ?? id,
    detail: '',
    value,
    layers,
    scope: parts.slice(0, -1).join('/'),
  };
}

function edgesOf(nodes: readonly GraphNode[], inputs: readonly PortReport[], outputs: readonly PortReport[]) {
  const producer = new Map<string, number>();
  for (const [index, { name }] of inputs.entries()) producer.set(name, index);
  for (const [index, { layers }] of nodes.entries()) {
    for (const layer of layers) for (const output of layer.outputs) if (output !== '') producer.set(output, index);
  }
  const seen = new Set<number>();
  const edges: (readonly [number, number])[] = [];
  const connect = (name: string, to: number): void => {
    const from = producer.get(name);
    const key = (from ?? 0) * nodes.length + to;
    if (from === undefined || from === to || seen.has(key)) return;
    seen.add(key);
    edges.push([from, to]);
  };
  for (const [index, { layers }] of nodes.entries())
    for (const layer of layers) for (const input of layer.inputs) connect(input, index);
  const first = nodes.length - outputs.length;
  for (const [index, { name }] of outputs.entries()) connect(name, first + index);
  return edges;
}
