/** Finds the layers of a model that have a weight matrix to factorize, and says why others have none. */
import { constantSource } from '../../graph/constants';
import { type DataType, isFloat } from '../../graph/dataType';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { toFloat64 } from '../../numerics/elements';
import { matrix, type Matrix } from '../../numerics/linear/matrix';
import { Costing } from '../../operators/costing';
import { type Inference, inferModel } from '../../operators/infer';
import { matchesName } from '../../pass/option';
import { type SkippedLayer } from '../../protocol/report';

/** A layer y = W·x (product), or a convolution of any rank seen as the same product over patches. */
export interface Layer {
  readonly node: Node;
  readonly kind: 'MatMul' | 'Gemm' | 'Conv';
  /** Input 1 of the node. */
  readonly weight: Value;
  /** The weight as the node reads it. */
  readonly tensor: Tensor;
  /** Element type that factors are stored in. */
  readonly dataType: DataType;
  /** Of each group. */
  readonly outputs: number;
  /** Of each group. */
  readonly inputs: number;
  readonly groups: number;
  /** Extent of the kernel; [] for products. */
  readonly kernel: readonly number[];
  /** Size of the input over size of the output along each axis of the kernel: about the stride. */
  readonly growth: readonly number[];
  /** How often each weight is used in one run: MACs over weights. */
  readonly positions: number;
}

/** Layers of a model, those that cannot be factorized, and what the whole model costs. */
export interface FoundLayers {
  readonly layers: readonly Layer[];
  readonly skipped: readonly SkippedLayer[];
  readonly macs: number;
  readonly parameters: number;
}

/** Weights of fewer elements are not worth a second node. */
const fewestElements = 1024;

/** Looks at every node of `model`, bodies included. */
export function findLayers(
  model: Model,
  exclude: readonly string[],
  dims: Readonly<Record<string, number>> = {},
): FoundLayers {
  const inference = inferModel(model, { dims });
  const costing = new Costing(model, inference);
  const bindings = new Map(inference.symbols.map(({ name, value }) => [name, value ?? 1]));
  const layers: Layer[] = [];
  const skipped: SkippedLayer[] = [];
  let macs = 0;
  for (const node of model.graph.allNodes()) {
    const cost = costing.costOf(node).macs?.evaluate(bindings) ?? 0;
    if (node.bodies.length === 0) macs += cost;
    if (!isCandidate(node)) continue;
    const found = layerOf(node, exclude, inference);
    if (typeof found === 'string') skipped.push({ node: node.label, opType: node.opType, reason: found });
    else if (found) layers.push({ ...found, positions: cost / found.tensor.size || 1 });
  }
  return { layers, skipped, macs, parameters: parametersOf(model) };
}

const isCandidate = (node: Node): boolean =>
  node.domain === '' && (node.opType === 'MatMul' || node.opType === 'Gemm' || node.opType === 'Conv');

/** Elements of every float constant. */
export function parametersOf(model: Model): number {
  let sum = 0;
  for (const { constant } of model.graph.initializers.values()) {
    if (constant && isFloat(constant.dataType)) sum += constant.size;
  }
  for (const node of model.graph.allNodes()) {
    const tensor = node.is('Constant') ? node.tensor('value') : undefined;
    if (tensor && isFloat(tensor.dataType)) sum += tensor.size;
  }
  return sum;
}

/** The layer, why it is none, or undefined for a product of two activations. */
function layerOf(
  node: Node,
  exclude: readonly string[],
  inference: Inference,
): Omit<Layer, 'positions'> | string | undefined {
  const weight = node.input(1);
  const graph = node.graph;
  if (!weight || !graph) return undefined;
  const source = constantSource(weight, graph);
  if (!source) return unknownWeight(node);
  if (!['float', 'float16', 'bfloat16', 'double'].includes(source.tensor.dataType)) {
    return `Its weight is ${source.tensor.dataType}: factorize before quantizing.`;
  }
  if (matchesName(node.label, exclude)) return 'Excluded by name.';
  const tensor = source.perm ? permuted(source.tensor, source.perm) : source.tensor;
  const base = { node, weight, tensor, dataType: source.tensor.dataType };
  const layer = node.is('Conv') ? convolution(base, inference) : matrixProduct(base, inference);
  if (typeof layer === 'string') return layer;
  if (tensor.size < fewestElements) return `Its weight has ${tensor.size} elements: too few to gain anything.`;
  const others = source.root.consumers().filter((user) => user !== node && user !== weight.producer);
  if (others.length > 0) return `It shares its weight with ${others[0]!.label}.`;
  return layer;
}

function unknownWeight(node: Node): string | undefined {
  const left = node.input(0);
  if (node.is('MatMul') && left && constantSource(left, node.graph!)) return 'Its weight is on the left.';
  return node.input(1)?.producer && node.is('MatMul') && !node.input(1)!.producer!.is('DequantizeLinear')
    ? undefined
    : 'Its weight is computed while the model runs.';
}

type Base = Pick<Layer, 'node' | 'weight' | 'tensor' | 'dataType'>;

function matrixProduct(base: Base, inference: Inference): Omit<Layer, 'positions'> | string {
  const { node, tensor } = base;
  if (tensor.shape.length !== 2) return `Its weight has ${tensor.shape.length} axes, a stack of matrices.`;
  const transposed = node.is('Gemm') && node.int('transB', 0) !== 0;
  if (node.is('Gemm') && node.int('transA', 0) !== 0) return 'It reads its input transposed.';
  const [inputs, outputs] = transposed ? [tensor.shape[1]!, tensor.shape[0]!] : [tensor.shape[0]!, tensor.shape[1]!];
  const rank = inference.shapeOf(node.input(0)!)?.length;
  if (rank === 1) return 'Its input is a vector.';
  const kind = node.is('Gemm') ? 'Gemm' : 'MatMul';
  return { ...base, kind, outputs, inputs, groups: 1, kernel: [], growth: [] };
}

function convolution(base: Base, inference: Inference): Omit<Layer, 'positions'> | string {
  const { node, tensor } = base;
  const [all = 0, inputs = 0, ...kernel] = tensor.shape;
  const groups = node.int('group', 1);
  if (inputs === 1 && groups > 1) return 'Depthwise: each channel has one small filter, there is nothing to share.';
  const strides = node.ints('strides') ?? kernel.map(() => 1);
  const [before, after] = [node.input(0)!, node.output(0)!].map((value) => inference.shapeOf(value));
  const growth = kernel.map((_, axis) => {
    const [from, to] = [before?.[axis + 2], after?.[axis + 2]];
    return typeof from === 'number' && typeof to === 'number' && to > 0 ? from / to : strides[axis]!;
  });
  return { ...base, kind: 'Conv', outputs: all / groups, inputs, groups, kernel, growth };
}

/** The weight as read: axis i of the result is axis perm[i] of what is stored. */
function permuted(tensor: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => tensor.shape[axis]!);
  const values = toFloat64(tensor.dataType, tensor.bytes(), tensor.size);
  const strides = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = new Float64Array(values.length);
  const index = shape.map(() => 0);
  for (let to = 0; to < out.length; to++) {
    out[to] = values[index.reduce((sum, at, axis) => sum + at * strides[perm[axis]!]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return tensor.with({ shape, dataType: 'double', data: { kind: 'bytes', bytes: new Uint8Array(out.buffer) } });
}

/** Weights of a group as outputs × (inputs · kernel). */
export function weightsOf({ tensor, kind, node, outputs, inputs, kernel, groups }: Layer, group = 0): Matrix {
  const values = toFloat64(tensor.dataType, tensor.bytes(), tensor.size);
  const columns = inputs * kernel.reduce((product, extent) => product * extent, 1);
  if (kind === 'Conv') {
    const size = outputs * columns;
    return matrix(outputs, columns, groups === 1 ? values : values.slice(group * size, (group + 1) * size));
  }
  if (kind === 'Gemm' && node.int('transB', 0) !== 0) return matrix(outputs, inputs, values);
  const result = matrix(outputs, inputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) result.data[o * inputs + i] = values[i * outputs + o]!;
  }
  return result;
}
