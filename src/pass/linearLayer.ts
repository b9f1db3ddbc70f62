/** A layer as what it is to numerics: y = W·x + b, a convolution being that over patches. */
import { constantSource } from '../graph/constants';
import { type DataType } from '../graph/dataType';
import { type Node } from '../graph/node';
import { countElements } from '../graph/shape';
import { Tensor } from '../graph/tensor';
import { type Value } from '../graph/value';
import { fromNumbers, toFloat64 } from '../numerics/elements';
import { matrix, type Matrix } from '../numerics/linear/matrix';

/** A MatMul, Gemm or Conv with a constant weight; counts are of each group. */
export interface LinearLayer {
  readonly node: Node;
  readonly kind: 'MatMul' | 'Gemm' | 'Conv';
  /** Input 1 of the node. */
  readonly weight: Value;
  /** The weight as the node reads it. */
  readonly tensor: Tensor;
  /** Element type that the file stores. */
  readonly dataType: DataType;
  /** The initializer or Constant that holds it. */
  readonly root: Value;
  readonly outputs: number;
  readonly inputs: number;
  readonly groups: number;
  /** Extent of the kernel; [] for products. */
  readonly kernel: readonly number[];
}

/** Float types of weights that are read and written here. */
const floats: ReadonlySet<DataType> = new Set(['float', 'float16', 'bfloat16', 'double']);

/** The layer, why it is none, or undefined for other operators and for a product of two activations. */
export function linearLayerOf(node: Node): LinearLayer | string | undefined {
  const weight = node.input(1);
  const graph = node.graph;
  if (node.domain !== '' || !['MatMul', 'Gemm', 'Conv'].includes(node.opType) || !weight || !graph) return undefined;
  const source = constantSource(weight, graph);
  if (!source) return unknownWeight(node);
  const { dataType } = source.tensor;
  if (!floats.has(dataType)) return `Its weight is ${dataType}: do this before quantizing.`;
  const tensor = source.perm ? permuted(source.tensor, source.perm) : source.tensor;
  const base = { node, weight, tensor, dataType, root: source.root };
  if (node.is('Conv')) {
    const [all = 0, inputs = 0, ...kernel] = tensor.shape;
    const groups = node.int('group', 1);
    return { ...base, kind: 'Conv', outputs: all / groups, inputs, groups, kernel };
  }
  if (tensor.shape.length !== 2) return `Its weight has ${tensor.shape.length} axes, a stack of matrices.`;
  if (node.is('Gemm') && node.int('transA', 0) !== 0) return 'It reads its input transposed.';
  const [rows = 0, columns = 0] = tensor.shape;
  const [inputs, outputs] = isTransposed(node) ? [columns, rows] : [rows, columns];
  return { ...base, kind: node.is('Gemm') ? 'Gemm' : 'MatMul', outputs, inputs, groups: 1, kernel: [] };
}

function unknownWeight(node: Node): string | undefined {
  const left = node.input(0);
  if (!node.is('MatMul')) return 'Its weight is computed while the model runs.';
  if (left && constantSource(left, node.graph!)) return 'Its weight is on the left.';
  return node.input(1)!.producer?.is('DequantizeLinear') ? 'Its weight is quantized: do this before.' : undefined;
}

/** True for a Gemm that stores outputs × inputs. */
const isTransposed = (node: Node): boolean => node.is('Gemm') && node.int('transB', 0) !== 0;

/** Inputs of one output: channels times taps, of each group. */
export const fanIn = ({ inputs, kernel }: LinearLayer): number =>
  kernel.reduce((product, extent) => product * extent, inputs);

/** A weight tensor as `layer` reads it, from one matrix (outputs × fan-in) for each group. */
export function weightTensor(layer: LinearLayer, name: string, groups: readonly Matrix[]): Tensor {
  const { kind, node, tensor, dataType } = layer;
  const values = new Float64Array(tensor.size);
  if (kind === 'Conv' || isTransposed(node)) {
    groups.forEach(({ data }, group) => values.set(data, group * data.length));
  } else {
    const { rows, columns, data } = groups[0]!;
    for (let o = 0; o < rows; o++) for (let i = 0; i < columns; i++) values[i * rows + o] = data[o * columns + i]!;
  }
  return Tensor.ofBytes(name, dataType, tensor.shape, fromNumbers(dataType, values));
}

/** The weight as read: axis i of the result is axis perm[i] of what is stored. */
function permuted(tensor: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => tensor.shape[axis]!);
  const values = toFloat64(tensor.dataType, tensor.bytes(), tensor.size);
  const strides = tensor.shape.map((_, axis) => countElements(tensor.shape.slice(axis + 1)));
  const out = new Float64Array(values.length);
  const index = shape.map(() => 0);
  for (let to = 0; to < out.length; to++) {
    out[to] = values[index.reduce((sum, at, axis) => sum + at * strides[perm[axis]!]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return tensor.with({ shape, dataType: 'double', data: { kind: 'bytes', bytes: new Uint8Array(out.buffer) } });
}

/** Weights of a group as outputs × (inputs · kernel). */
export function weightsOf(layer: LinearLayer, group = 0): Matrix {
  const { tensor, kind, node, outputs, inputs, groups } = layer;
  const values = toFloat64(tensor.dataType, tensor.bytes(), tensor.size);
  const columns = fanIn(layer);
  if (kind === 'Conv') {
    const size = outputs * columns;
    return matrix(outputs, columns, groups === 1 ? values : values.slice(group * size, (group + 1) * size));
  }
  if (isTransposed(node)) return matrix(outputs, inputs, values);
  const result = matrix(outputs, inputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) result.data[o * inputs + i] = values[i * outputs + o]!;
  }
  return result;
}
