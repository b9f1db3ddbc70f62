/** Elementwise operators: channels pass, and those of several operands are tied under broadcasting. */
import { type AxisLabel, computed } from './label';
import { defineAxes } from './definition';
import { type NodeAxes } from './nodeAxes';

/** What an operand holds where a removed channel was: a number, or NaN for anything. */
type AtZero = (operands: readonly number[]) => number;

/** Functions with f(0) = 0. */
const zeroPreserving = [
  'Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'HardSwish', 'Swish', 'Mish', 'Softsign', 'Tanh', 'Gelu',
  'Shrink', 'ScaledTanh', 'Erf', 'Sin', 'Tan', 'Asin', 'Atan', 'Sinh', 'Asinh', 'Atanh', 'Sign', 'Neg', 'Abs', 'Sqrt',
  'Floor', 'Ceil', 'Round', 'Cast', 'CastLike', 'Identity', 'Dropout', 'IsNaN',
]; // prettier-ignore

const notPreserving = [
  'Sigmoid', 'HardSigmoid', 'Softplus', 'Affine', 'ParametricSoftplus', 'ImageScaler', 'Exp', 'Log', 'Cos', 'Acos', 'Cosh',
  'Acosh', 'Reciprocal', 'BitwiseNot', 'Not', 'IsInf',
]; // prettier-ignore

function unary(zero: boolean) {
  return (axes: NodeAxes): void => {
    const labels = axes.labels(0).map((label) => (zero ? label : computed(label, false)));
    axes.set(0, labels);
    if (axes.node.output(1))
      axes.set(
        1,
        axes.labels(0).map((label) => computed(label, false)),
      );
  };
}

/** Bounds are attributes up to opset 6, then optional inputs. */
function clip(axes: NodeAxes): void {
  const low = axes.node.float('min') ?? (axes.has(1) ? (axes.numbers(1)?.[0] ?? NaN) : -Infinity);
  const high = axes.node.float('max') ?? (axes.has(2) ? (axes.numbers(2)?.[0] ?? NaN) : Infinity);
  axes.set(
    0,
    axes.labels(0).map((label) => (low <= 0 && high >= 0 ? label : computed(label, false))),
  );
}

const product: AtZero = (operands) => (operands.some((x) => x === 0) ? 0 : NaN);
/** A quotient is zero with its dividend, unless the divisor is zero as well. */
const quotient: AtZero = ([a, b]) => (a === 0 && b !== 0 ? 0 : NaN);
const total: AtZero = (operands) => operands.reduce((sum, x) => sum + x, 0);
const ofFirst: AtZero = ([a]) => (a === 0 ? 0 : NaN);

/**
 * Operands under multidirectional broadcasting. `divisors` are operands whose constants are never set to zero for a
 * removed channel.
 */
function broadcast(atZero: AtZero, divisors: readonly number[] = [], from = 0) {
  return (axes: NodeAxes): void => {
    const indices = [...axes.node.inputs.keys()].filter((index) => axes.has(index) && index >= from);
    const dims = indices.map((index) => axes.dims(index));
    const rank = Math.max(...dims.map((each) => each.length));
    const result: AxisLabel[] = [];
    for (let axis = 0; axis < rank; axis++) {
      result.push(joinAxis(axes, indices, dims, axis - rank, atZero, divisors));
    }
    axes.set(0, result);
  };
}

/** Joins one axis, counted from the end, of all operands. */
function joinAxis(
  axes: NodeAxes,
  indices: readonly number[],
  dims: readonly (readonly number[])[],
  axis: number,
  atZero: AtZero,
  divisors: readonly number[],
): AxisLabel {
  const present = indices.filter((_, i) => (dims[i]!.at(axis) ?? 1) !== 1);
  const labels = present.map((index) => axes.label(index, axis));
  if (labels.every((label) => label === undefined)) return undefined;
  let joined = labels[0];
  const fixed = axes.node.input(present[labels.indexOf(undefined)] ?? -1);
  for (const label of labels.slice(1)) joined = axes.tie(joined, label, fixed);
  present.forEach((index, i) => {
    if (!divisors.includes(index)) axes.produce(labels[i]);
  });
  const operands = indices.map((index) => {
    const at = present.indexOf(index);
    if (at >= 0) return labels[at]?.zero === true && !(divisors.includes(index) && labels[at].slots) ? 0 : NaN;
    const numbers = axes.numbers(index);
    return numbers?.length === 1 ? numbers[0]! : NaN;
  });
  return computed(joined, atZero(operands) === 0);
}

/** Members of this family. */
export const elementwiseAxes = [
  ...defineAxes(zeroPreserving, unary(true)),
  ...defineAxes(notPreserving, unary(false)),
  ...defineAxes(['QuickGelu', 'Gelu'], unary(true), undefined, 'com.microsoft'),
  ...defineAxes(['Clip'], clip),
  ...defineAxes(['Add', 'Sum', 'Mean'], broadcast(total)),
  ...defineAxes(['BiasGelu', 'FastGelu', 'BiasAdd'], broadcast(total), undefined, 'com.microsoft'),
  ...defineAxes(
    ['Sub'],
    broadcast(([a, b]) => a! - b!),
  ),
  ...defineAxes(['Mul'], broadcast(product)),
  ...defineAxes(['Div'], broadcast(quotient, [1])),
  ...defineAxes(
    ['Pow'],
    broadcast(([a, b]) => a! ** b!, [1]),
  ),
  ...defineAxes(['Mod'], broadcast(quotient, [1])),
  ...defineAxes(['PRelu'], broadcast(ofFirst)),
  ...defineAxes(
    ['Max'],
    broadcast((operands) => Math.max(...operands)),
  ),
  ...defineAxes(
    ['Min'],
    broadcast((operands) => Math.min(...operands)),
  ),
  ...defineAxes(
    ['Where'],
    broadcast(([, a, b]) => (a === 0 && b === 0 ? 0 : NaN)),
  ),
  ...defineAxes(
    ['And', 'Or', 'Xor', 'Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'BitShift', 'BitwiseAnd',
      'BitwiseOr', 'BitwiseXor'],
    broadcast(() => NaN),
  ), // prettier-ignore
];
