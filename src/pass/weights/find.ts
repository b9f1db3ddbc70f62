/** Finds the constants of a model that are weights, each once, with the layer that it belongs to. */
import { type Graph } from '../../graph/graph';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { isReadableFloat } from '../floatPieces';
import { roleOf, type Role, type View } from './roles';

/** A float constant: an initializer or the output of a Constant node. */
export interface Constant {
  readonly value: Value;
  readonly tensor: Tensor;
  readonly graph: Graph;
}

/** What is to be done with a constant. */
export interface Decision {
  /** The node that it is counted for: the layer that reads it, in preference. */
  readonly node: Node;
  /** Every node that reads it as a weight. */
  readonly readers: readonly Node[];
  /** Why it stays in float; undefined when it is quantized. */
  readonly reason?: string;
  /** Axis of the output channels as stored; undefined: none is known. */
  readonly axis?: number;
  /** A weight of a layer, or a large constant of an operator that computes elementwise or moves data. */
  readonly kind: 'layer' | 'table';
}

/** Float constants of a graph and of the bodies in it, in the order in which they are read. */
export function* constantsOf(graph: Graph): Generator<Constant> {
  for (const value of graph.initializers.values()) {
    if (value.constant && isReadableFloat(value.constant.dataType)) yield { value, tensor: value.constant, graph };
  }
  for (const node of graph.nodes()) {
    const tensor = node.is('Constant') ? node.tensor('value') : undefined;
    const value = node.output(0);
    if (tensor && value && isReadableFloat(tensor.dataType)) yield { value, tensor, graph };
    for (const body of node.bodies) yield* constantsOf(body);
  }
}

const vector = 'A vector stays in float: it is small, and errors in it shift every output.';

const number = 'A number of the arithmetic rather than a weight: errors in it shift every output.';

const viewOf = ({ shape }: Tensor): View => ({ shape, storedAxis: shape.map((_, axis) => axis) });

interface Reading {
  readonly node: Node;
  readonly role: Role;
}

/** Decides about a constant from the nodes that read it; undefined when no node does, or none as a weight. */
export function decide({ value, tensor, graph }: Constant): Decision | undefined {
  const readings = [...readingsOf(value, viewOf(tensor), 0)];
  const first = readings[0];
  if (!first || readings.some(({ role }) => role.kind === 'none')) return undefined;
  const kept = readings.find(({ role }) => role.kind === 'keep');
  const main = readings.find(({ role }) => role.kind === 'layer') ?? first;
  const readers = [...new Set(readings.map(({ node }) => node))];
  const kind = main.role.kind === 'layer' ? 'layer' : 'table';
  if (graph.outputs.includes(value)) {
    return { node: main.node, readers, kind, reason: 'Its weight is an output of the graph as well.' };
  }
  if (kept?.role.kind === 'keep') {
    const reason = kept === main ? kept.role.reason : `${kept.node.label} reads it too: ${kept.role.reason}`;
    return { node: main.node, readers, kind, reason };
  }
  if (main.role.kind === 'table' && tensor.shape.filter((dim) => dim > 1).length < 2) {
    return { node: main.node, readers, kind, reason: vector };
  }
  // Exporters keep what was trained in initializers, and what somebody computed (boxes, positions) in Constant nodes.
  if (main.role.kind === 'table' && value.producer) return { node: main.node, readers, kind, reason: number };
  const axis = main.role.kind === 'layer' ? main.role.axis : tableAxis(tensor.shape);
  return { node: main.node, readers, kind, axis };
}

/** The final readers of a constant, behind Identity, Cast, Transpose and Reshape; axes as the constant is stored. */
function* readingsOf(value: Value, view: View, depth: number): Generator<Reading> {
  for (const { node, index } of value.uses()) {
    const role = roleOf(node, index, view);
    const output = node.output(0);
    if (role.kind === 'passes') {
      if (output && depth < 8) yield* readingsOf(output, role.view, depth + 1);
      else yield { node, role: { kind: 'table' } };
    } else if (role.kind === 'layer' && role.axis !== undefined) {
      yield { node, role: { kind: 'layer', axis: view.storedAxis[role.axis] } };
    } else if (role.kind === 'table' && assemblies.has(node.opType)) {
      const owner = layerBehind(node);
      yield owner ? { node: owner, role: { kind: 'layer', axis: tableAxis(view.shape) } } : { node, role };
    } else {
      yield { node, role };
    }
  }
}

/** Operators that put weights together of constants: exporters reorder the gates of recurrent layers so. */
const assemblies: ReadonlySet<string> = new Set(['Slice', 'Concat', 'Split', 'Squeeze', 'Unsqueeze']);

const assembled: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN', 'Conv', 'ConvTranspose']);

/** The layer whose weights come of what `node` makes of constants alone; undefined where there is none. */
function layerBehind(node: Node, depth = 0): Node | undefined {
  const { graph } = node;
  if (node.domain !== '' || !assemblies.has(node.opType) || depth > 8 || !graph) return undefined;
  if (!node.inputs.every((input) => !input || isConstant(input))) return undefined;
  for (const output of node.outputs) {
    for (const { node: user, index } of output?.uses() ?? []) {
      if (user.domain !== '') continue;
      if (assembled.has(user.opType))
        return index === 1 || (index === 2 && !/^Conv/.test(user.opType)) ? user : undefined;
      const behind = layerBehind(user, depth + 1);
      if (behind) return behind;
    }
  }
  return undefined;
}

function isConstant(value: Value, depth = 0): boolean {
  const { producer } = value;
  if (!producer) return value.constant !== undefined;
  if (producer.is('Constant')) return true;
  return (
    depth < 8 &&
    assemblies.has(producer.opType) &&
    producer.inputs.every((each) => !each || isConstant(each, depth + 1))
  );
}

/** A table of rows has one scale per row: the first axis that is not 1, if rows are long enough to pay for a scale. */
function tableAxis(shape: readonly number[]): number | undefined {
  const axis = shape.findIndex((dim) => dim > 1);
  return axis >= 0 && axis < shape.length - 1 ? axis : undefined;
}
