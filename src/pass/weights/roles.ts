/** Which inputs of which operators are weights, and along which axis their output channels lie. */
import { dataTypeOfCode, isFloat } from '../../graph/dataType';
import { type Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { type Value } from '../../graph/value';
import { toNumbers } from '../../numerics/elements';

/** What an input is to its node. */
export type Role =
  /** A weight of a layer: `axis` is that of the output channels, undefined for one scale per tensor. */
  | { readonly kind: 'layer'; readonly axis?: number }
  /** A large constant of an operator that computes elementwise or moves data: quantized, by its own shape. */
  | { readonly kind: 'table' }
  /** Handed on in another order or shape: whoever reads the output decides. */
  | { readonly kind: 'passes'; readonly view: View }
  /** No weight at all: belongs to weights that are quantized already. */
  | { readonly kind: 'none' }
  /** Stays in float, with the reason. */
  | { readonly kind: 'keep'; readonly reason: string };

/** A weight as a node reads it: its shape there, and for each axis the one it is stored along, where there is one. */
export interface View {
  readonly shape: readonly number[];
  readonly storedAxis: readonly (number | undefined)[];
}

type RoleOf = (node: Node, index: number, view: View) => Role;

const layer = (axis?: number): Role => ({ kind: 'layer', axis });
const keep = (reason: string): Role => ({ kind: 'keep', reason });
const table: Role = { kind: 'table' };

const bias = keep('A bias stays in float: it is small, and errors in it shift every output.');
const affine = keep('Scale and shift of a normalization stay in float: they are small and sensitive.');

/** Weight at input 1, its channels on `axis`; anything else is a bias. */
const weightAt1 =
  (axis: number): RoleOf =>
  (_, index) =>
    index === 1 ? layer(axis) : bias;

/** Gate matrices W and R are [directions, gates · hidden, inputs]: one scale per gate row. */
const recurrent: RoleOf = (_, index) => (index === 1 || index === 2 ? layer(1) : bias);

const gemm: RoleOf = (node, index) => {
  if (index === 0) return layer(node.int('transA', 0) === 0 ? 0 : 1);
  return index === 1 ? layer(node.int('transB', 0) === 0 ? 1 : 0) : bias;
};

const matMul: RoleOf = (node, index, { shape }) => {
  const rank = shape.length;
  if (rank < 2 || index > 1) return index > 1 ? bias : layer();
  const transposed = node.int(index === 0 ? 'transA' : 'transB', 0) !== 0;
  return layer((index === 0) === transposed ? rank - 1 : rank - 2);
};

/** Rows that are looked up: one scale each. */
const gather: RoleOf = (node, index, { shape }) => {
  if (index !== 0) return keep('Indices are no weights.');
  // A table that packed weights are looked up in.
  const indices = node.input(1);
  if (indices && isRestored(indices)) return { kind: 'none' };
  const axis = node.int('axis', 0);
  return layer(axis < 0 ? axis + shape.length : axis);
};

const normalization: RoleOf = () => affine;
const moves: RoleOf = () => table;

const transposes: RoleOf = (node, _, { shape, storedAxis }) => {
  const perm = node.ints('perm') ?? shape.map((__, axis) => shape.length - 1 - axis);
  const view = { shape: perm.map((axis) => shape[axis]!), storedAxis: perm.map((axis) => storedAxis[axis]) };
  return { kind: 'passes', view };
};

/** Numbers that become integers are indices or sizes, whatever their type. */
const casts: RoleOf = (node, _, view) => {
  const type = dataTypeOfCode(node.int('to', 0));
  return type && isFloat(type) ? { kind: 'passes', view } : keep('Cast makes other numbers of it than weights.');
};

/** An axis survives a change of shape when it keeps its size and what lies before it. */
const reshapes: RoleOf = (node, index, view) => {
  const shape = index === 0 ? shapeAfter(node, view.shape) : undefined;
  if (!shape) return table;
  const before = (dims: readonly number[], axis: number): number => countElements(dims.slice(0, axis));
  const storedAxis = shape.map((dim, axis) => {
    const from = view.shape.findIndex((d, i) => d === dim && before(view.shape, i) === before(shape, axis));
    return from < 0 ? undefined : view.storedAxis[from];
  });
  return { kind: 'passes', view: { shape, storedAxis } };
};

/** Scales and zero points of weights that are quantized already are no weights. */
const arithmetic: RoleOf = (node, index) => {
  const other = node.input(1 - index);
  return other && isRestored(other) ? { kind: 'none' } : table;
};

const byOperator: Readonly<Record<string, RoleOf>> = {
  Conv: weightAt1(0),
  ConvTranspose: weightAt1(1),
  DeformConv: weightAt1(0),
  Gemm: gemm,
  MatMul: matMul,
  Einsum: moves,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Gather: gather,
  PRelu: moves,
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div'].map((name) => [name, arithmetic])),
  ...Object.fromEntries(
    ['Sum', 'Max', 'Min', 'Where', 'Concat', 'Expand', 'Tile', 'Squeeze', 'Unsqueeze', 'Slice']
      .concat(['Split', 'GatherElements', 'GatherND', 'Pad'])
      .map((name) => [name, moves]),
  ),
  DequantizeLinear: () => ({ kind: 'none' }),
  QuantizeLinear: (_, index) => (index === 0 ? keep('The model quantizes it already.') : { kind: 'none' }),
  Identity: (_, __, view) => ({ kind: 'passes', view }),
  Cast: casts,
  Transpose: transposes,
  Reshape: reshapes,
  Flatten: reshapes,
  ...Object.fromEntries(
    ['BatchNormalization', 'InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'RMSNormalization'].map(
      (name) => [name, normalization],
    ),
  ),
  'com.microsoft.FusedConv': weightAt1(0),
  'com.microsoft.FusedGemm': gemm,
  'com.microsoft.FusedMatMul': matMul,
  'com.microsoft.Attention': weightAt1(1),
  'com.microsoft.EmbedLayerNormalization': (_, index) => (index >= 2 && index <= 4 ? layer(0) : affine),
  'com.microsoft.SkipLayerNormalization': normalization,
  'com.microsoft.SkipSimplifiedLayerNormalization': normalization,
  'com.microsoft.FastGelu': () => bias,
  'com.microsoft.BiasGelu': () => bias,
};

/** The role of input `index` of `node`, which reads a constant as `view`. */
export function roleOf(node: Node, index: number, view: View): Role {
  if (quantizedOperators.has(node.qualifiedOpType)) return { kind: 'none' };
  const known = Object.hasOwn(byOperator, node.qualifiedOpType) ? byOperator[node.qualifiedOpType] : undefined;
  return known ? known(node, index, view) : keep(`${node.qualifiedOpType} is not known to have weights there.`);
}

/** Operators whose layers a person expects to see quantized, or to be told why not. */
export function isLayer(node: Node): boolean {
  return layers.has(node.qualifiedOpType);
}

const layers: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvTranspose', 'DeformConv', 'Gemm', 'MatMul', 'LSTM', 'GRU', 'RNN'],
  ...['com.microsoft.FusedConv', 'com.microsoft.FusedGemm', 'com.microsoft.FusedMatMul', 'com.microsoft.Attention'],
]);

/** Operators that take their weights quantized. */
const quantizedOperators: ReadonlySet<string> = new Set([
  ...['QLinearConv', 'QLinearMatMul', 'ConvInteger', 'MatMulInteger'],
  ...[
    'MatMulNBits',
    'QAttention',
    'DynamicQuantizeMatMul',
    'DynamicQuantizeLSTM',
    'MatMulIntegerToFloat',
    'QGemm',
    'GatherBlockQuantized',
  ].map((name) => `com.microsoft.${name}`),
]);

/** True for a layer that computes with, or restores, quantized weights. */
export function isQuantized(node: Node): boolean {
  if (quantizedOperators.has(node.qualifiedOpType)) return true;
  return isLayer(node) && node.inputs.slice(1, 3).some((value) => value !== undefined && isRestored(value));
}

/** True for what a chain of Mul, Sub, Cast, DequantizeLinear … makes of an integer constant. */
function isRestored(value: Value, depth = 0): boolean {
  const { producer } = value;
  if (!producer || depth > 8) return false;
  if (producer.is('DequantizeLinear') || producer.is('Cast')) {
    const source = producer.input(0);
    const type = source?.constant?.dataType ?? source?.producer?.tensor('value')?.dataType;
    if (type !== undefined && /^u?int/.test(type)) return true;
  }
  const through = ['Mul', 'Sub', 'Cast', 'Transpose', 'Identity', 'Reshape', 'Slice', 'Gather'].includes(
    producer.opType,
  );
  return through && producer.inputs.some((input) => input !== undefined && isRestored(input, depth + 1));
}

/** Shape that Reshape or Flatten gives a constant; undefined when it is computed. */
function shapeAfter(node: Node, shape: readonly number[]): number[] | undefined {
  const size = countElements(shape);
  if (node.is('Flatten')) {
    const axis = node.int('axis', 1);
    const rows = countElements(shape.slice(0, axis));
    return [rows, size / rows];
  }
  const target = node.input(1)?.constant ?? node.input(1)?.producer?.tensor('value');
  if (!target || target.dataType !== 'int64') return undefined;
  const dims = toNumbers('int64', target.bytes(), target.size);
  const known = dims.map((dim, index) => (dim === 0 ? (shape[index] ?? 0) : dim));
  const rest = known.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return known.map((dim) => (dim === -1 ? size / rest : dim));
}
