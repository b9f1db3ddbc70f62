/** Who owns which constant: every initializer belongs to the first layer that calculates with it. */
import { familyOf, bitsOf } from '../graph/dataType';
import { type Graph } from '../graph/graph';
import { type Node } from '../graph/node';
import { type Tensor } from '../graph/tensor';
import { type Use, type Value } from '../graph/value';
import { isQuantizationParameter, isQuantizedData } from '../operators/quantizedInputs';

/** A constant with what it counts for. */
export interface OwnedConstant {
  readonly name: string;
  readonly tensor: Tensor;
  /** Elements that are parameters of the network: 0 for shapes, indices, scales and zero points. */
  readonly parameters: number;
  readonly bytes: number;
}

/** Constants of each layer, and those that nobody uses. */
export interface Ownership {
  readonly byNode: ReadonlyMap<Node, readonly OwnedConstant[]>;
  readonly unused: readonly OwnedConstant[];
  /** Nodes that could own one: those of bodies too. */
  readonly nodeCount: number;
}

/** Finds the owners. `isConstant` tells which values depend on constants alone: weights on their way to a layer. */
export function ownConstants(graph: Graph, isConstant: (value: Value) => boolean): Ownership {
  const byNode = new Map<Node, OwnedConstant[]>();
  const unused: OwnedConstant[] = [];
  const order = orderOf(graph);
  for (const [value, tensor] of constantsOf(graph)) {
    const arrival = arrivalOf(value, order, isConstant);
    const owner = arrival?.node ?? value.producer;
    const parameters = value.producer && !(arrival && isLearned(arrival)) ? 0 : parametersOf(value, tensor);
    const constant = { name: value.name, tensor, parameters, bytes: tensor.byteLength };
    const list = owner && byNode.get(owner);
    if (list) list.push(constant);
    else if (owner) byNode.set(owner, [constant]);
    else unused.push(constant);
  }
  return { byNode, unused, nodeCount: order.size };
}

function orderOf(graph: Graph): ReadonlyMap<Node, number> {
  const order = new Map<Node, number>();
  for (const node of graph.allNodes()) order.set(node, order.size);
  return order;
}

/** Initializers of the graph and of its bodies, and the tensors of Constant nodes. */
export function* constantsOf(graph: Graph): Generator<[Value, Tensor]> {
  for (const value of graph.initializers.values()) if (value.constant) yield [value, value.constant];
  for (const { value, tensor } of graph.sparseInitializers) yield [value, tensor.values];
  for (const node of graph.nodes()) {
    const tensor = node.opType === 'Constant' && node.domain === '' ? node.tensor('value') : undefined;
    if (tensor && node.output(0)) yield [node.output(0)!, tensor];
    for (const body of node.bodies) yield* constantsOf(body);
  }
}

/** Where a constant meets the layer that it belongs to: the value that the layer reads, perhaps prepared on the way. */
interface Arrival {
  readonly node: Node;
  readonly value: Value;
}

/** First user in node order; through nodes that only prepare constants (DequantizeLinear, Transpose, Cast …). */
function arrivalOf(
  value: Value,
  order: ReadonlyMap<Node, number>,
  isConstant: (value: Value) => boolean,
): Arrival | undefined {
  let current = value;
  for (;;) {
    const node = firstUser(current, order);
    if (!node) return undefined;
    const prepared = node.outputs.find((output) => output && isConstant(output));
    if (!prepared || !firstUser(prepared, order)) return { node, value: current };
    current = prepared;
  }
}

const trained = /Conv|Gemm|MatMul|Einsum|LSTM|GRU|RNN|Normalization|PRelu|Attention/;

/**
 * Some exporters keep weights in Constant nodes, next to numbers of the arithmetic (anchors, grids, an epsilon). The
 * former feed layers that are trained, the tables of embeddings, or the bias right behind such a layer.
 */
function isLearned({ node, value }: Arrival): boolean {
  if (trained.test(node.opType)) return true;
  if (node.is('Gather')) return node.input(0) === value;
  if (!node.is('Add') && !node.is('Mul')) return false;
  const other = node.inputs.find((input) => input !== value);
  return other?.producer !== undefined && trained.test(other.producer.opType);
}

function firstUser(value: Value, order: ReadonlyMap<Node, number>): Node | undefined {
  let first: Node | undefined;
  for (const node of value.consumers()) {
    const at = order.get(node);
    if (at !== undefined && (!first || at < order.get(first)!)) first = node;
  }
  return first;
}

/** Elements that count as parameters. */
function parametersOf(value: Value, tensor: Tensor): number {
  if (isScaleOrZeroPoint(value)) return 0;
  const uses = value.uses();
  const family = familyOf(tensor.dataType);
  if (family === 'float' || family === 'complex') return tensor.size;
  if (family !== 'int' && family !== 'uint') return 0;
  return uses.some((use) => holdsWeights(use)) ? realElements(tensor, uses) : 0;
}

/** True when every use, also behind nodes that only rearrange, takes the value as a scale or zero point. */
function isScaleOrZeroPoint(value: Value, depth = 0): boolean {
  const uses = value.uses();
  return uses.length > 0 && uses.every((use) => isQuantizationParameter(use.node, use.index) || passedOn(use, depth));
}

function passedOn({ node, index }: Use, depth: number): boolean {
  const output = node.output(0);
  return index === 0 && depth < 4 && rearranging.test(node.opType) && !!output && isScaleOrZeroPoint(output, depth + 1);
}

const rearranging = /^(Transpose|Reshape|Identity|Squeeze|Unsqueeze|Gather|Slice|Cast)$/;

/** Integers are weights when a quantized operator reads them as data, directly or reshaped on the way. */
function holdsWeights({ node, index }: Use, depth = 0): boolean {
  if (isQuantizedData(node, index)) return true;
  if (depth > 4 || index > 0 || !rearranging.test(node.opType)) return false;
  return (
    node
      .output(0)
      ?.uses()
      .some((use) => holdsWeights(use, depth + 1)) ?? false
  );
}

/** Packed formats hold several elements in one byte. */
function realElements(tensor: Tensor, uses: readonly Use[]): number {
  const packed = uses.find(({ node, index }) => index === 1 && /^MatMul(NBits|Bnb4)$/.test(node.opType))?.node;
  if (!packed) return tensor.size;
  const product = packed.int('K', 0) * packed.int('N', 0);
  return product > 0 ? product : (tensor.size * bitsOf(tensor.dataType)) / packed.int('bits', 4);
}
