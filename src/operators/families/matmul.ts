/** Matrix products: MatMul, Gemm, Einsum and the integer forms. */
import { type DataType } from '../../graph/dataType';
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, productExpression, unknownCost, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { broadcastShapes, RuleError, unifyDims } from '../dims';
import { firstDataType } from '../rules';
import { einsumCost, einsumRule } from './einsum';

/** numpy.matmul: vectors gain an axis for the product and lose it afterwards. */
export function matmulShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0) throw new RuleError('a factor is a scalar');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  unifyDims(left[left.length - 1]!, right[right.length - 2]!);
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]) ?? [];
  const rows = a.length === 1 ? [] : [left[left.length - 2]!];
  const columns = b.length === 1 ? [] : [right[right.length - 1]!];
  return [...batch, ...rows, ...columns];
}

/** Output elements times the length of the inner axis. */
export function matmulCost(context: CostContext, a = 0, b = 1): Cost {
  const output = context.outputShape(0);
  const [left, right] = [context.shape(a), context.shape(b)];
  const inner = innerDim(left?.[left.length - 1], right && right[Math.max(0, right.length - 2)]);
  return output ? macCost(productExpression([...output, inner])) : unknownCost;
}

/** The better known of the two ends of the inner axis. */
function innerDim(a: Dim | undefined, b: Dim | undefined): Dim {
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : (a ?? b ?? null);
}

/** A product whose output has the given element type. */
export function matmulRule(a = 0, b = 1, dataType?: (context: InferenceContext) => DataType | undefined) {
  return (context: InferenceContext): void => {
    const type = dataType ? dataType(context) : firstDataType(context, [a, b]);
    context.tensor(0, type, matmulShape(context.shape(a), context.shape(b)));
  };
}

/** [M, N] of a Gemm on inputs 0 and 1. */
export function gemmShape(context: InferenceContext): Shape | undefined {
  const [a, b] = [context.shape(0), context.shape(1)];
  const [transA, transB] = [context.node.int('transA', 0) !== 0, context.node.int('transB', 0) !== 0];
  if (a && b && a.length === 2 && b.length === 2) unifyDims(a[transA ? 0 : 1]!, b[transB ? 1 : 0]!);
  return [a?.[transA ? 1 : 0] ?? null, b?.[transB ? 0 : 1] ?? null];
}

/** M · N · K, plus one operation per output element for a bias. */
export function gemmCost(context: CostContext): Cost {
  const [a, b, output] = [context.shape(0), context.shape(1), context.outputShape(0)];
  const fromA = a?.[context.node.int('transA', 0) !== 0 ? 0 : 1];
  const inner = innerDim(fromA, b?.[context.node.int('transB', 0) !== 0 ? 1 : 0]);
  if (!output) return unknownCost;
  return macCost(productExpression([...output, inner]), context.node.input(2) ? sizeExpression(output) : 0);
}

/** Members of this family. */
export const matmul = [
  ...defineOperators(['MatMul'], { infer: matmulRule(), cost: (context) => matmulCost(context) }),
  ...defineOperators(['MatMulInteger'], {
    infer: matmulRule(0, 1, () => 'int32'),
    cost: (context) => matmulCost(context),
  }),
  ...defineOperators(['QLinearMatMul'], {
    infer: matmulRule(0, 3, (context) => context.dataType(7) ?? context.dataType(0)),
    cost: (context) => matmulCost(context, 0, 3),
  }),
  ...defineOperators(['Gemm'], {
    infer: (context) => context.tensor(0, firstDataType(context, [0, 1, 2]), gemmShape(context)),
    cost: gemmCost,
  }),
  ...defineOperators(['Einsum'], { infer: einsumRule, cost: einsumCost }),
];
