/** Matrix products: the inner axis is summed over, rows and columns pass. */
import { RuleError } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed } from './label';
import { type NodeAxes } from './nodeAxes';

/** Operand places of a product of two stacks of matrices, numpy style. */
function relateProduct(left = 0, right = 1, perColumn: readonly number[] = []) {
  return (axes: NodeAxes): void => {
    const [a, b] = [axes.dims(left).length, axes.dims(right).length];
    if (a === 0 || b === 0) throw new RuleError('a matrix product has no scalars');
    axes.contract([left, -1], [right, Math.max(-2, -b)]);
    const rows = a > 1 ? [madeBy(axes, left, -2)] : [];
    const columns = b > 1 ? [madeBy(axes, right, -1)] : [];
    for (const index of perColumn) {
      if (axes.has(index) && axes.dims(index).length === 1 && axes.dims(index)[0] !== 1) {
        axes.tieTo(columns[0], index, 0);
      }
    }
    axes.set(0, [...batchOf(axes, left, right), ...rows, ...columns]);
  };
}

/** Rows or columns: zero in the product where they are zero in the operand. */
function madeBy(axes: NodeAxes, index: number, axis: number): AxisLabel {
  return axes.produce(axes.label(index, axis));
}

/** Axes before the last two, under broadcasting: zero where either operand is. */
function batchOf(axes: NodeAxes, left: number, right: number): AxisLabel[] {
  const [a, b] = [axes.dims(left).slice(0, -2), axes.dims(right).slice(0, -2)];
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const axis = index - rank;
    const sides = [left, right].filter((_, side) => ((side === 0 ? a : b).at(axis) ?? 1) !== 1);
    const labels = sides.map((side) => axes.label(side, axis - 2));
    labels.forEach((label) => axes.produce(label));
    const zero = labels.some((label) => label?.zero);
    if (labels.length < 2) return computed(labels[0], zero);
    return computed(axes.tie(labels[0], labels[1], axes.node.input(sides[labels.indexOf(undefined)] ?? -1)), zero);
  });
}

function relateGemm(axes: NodeAxes): void {
  const [transA, transB] = [axes.node.int('transA', 0) !== 0, axes.node.int('transB', 0) !== 0];
  axes.contract([0, transA ? 0 : 1], [1, transB ? 1 : 0]);
  const rows = madeBy(axes, 0, transA ? 1 : 0);
  let columns = madeBy(axes, 1, transB ? 0 : 1);
  if (axes.has(2)) {
    const dims = axes.dims(2);
    // With a bias that does not shrink along, a removed channel would still be the bias.
    let zero = false;
    if (dims.length > 0 && dims.at(-1) !== 1) {
      const bias = axes.produce(axes.label(2, -1));
      axes.tieTo(columns, 2, -1);
      zero = bias?.zero ?? false;
    }
    columns = computed(columns, (columns?.zero ?? false) && zero);
    if (dims.length === 2 && dims[0] !== 1) axes.tieTo(rows, 2, 0);
  }
  axes.set(0, [axes.has(2) ? computed(rows, false) : rows, columns]);
}

/** ONNX Runtime's MatMul with transposed operands. */
function relateFused(axes: NodeAxes): void {
  const { node } = axes;
  if (node.int('transA', 0) || node.int('transB', 0) || node.int('transBatchA', 0) || node.int('transBatchB', 0)) {
    throw new RuleError('its operands are transposed');
  }
  relateProduct()(axes);
}

/** Members of this family. */
export const matmulAxes = [
  ...defineAxes(['MatMul', 'MatMulInteger'], (axes) =>
    relateProduct(0, 1, axes.node.opType === 'MatMul' ? [] : [3])(axes),
  ),
  ...defineAxes(['QLinearMatMul'], relateProduct(0, 3, [4, 5])),
  ...defineAxes(['Gemm'], relateGemm),
  ...defineAxes(['FusedMatMul'], relateFused, undefined, 'com.microsoft'),
];
