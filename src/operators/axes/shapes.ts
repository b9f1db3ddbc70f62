/** Operators that make or measure tensors rather than compute with channels. */
import { toNumbers } from '../../numerics/elements';
import { defineAxes } from './definition';
import { type AxisLabel, computed } from './label';
import { type NodeAxes } from './nodeAxes';

const nothing = (): void => undefined;

/** Axes along which all elements are the same: as many channels as whoever meets them wants. */
function uniformAxis(axes: NodeAxes, axis: number, target: AxisLabel, zero: boolean): AxisLabel {
  if (target) return computed(target, zero);
  const size = axes.outDims(0)[axis]!;
  const known = typeof axes.outShape(0)?.[axis] === 'number';
  return known && size > 1 && size < 1 << 16 ? { ...axes.fresh(size), zero, uniform: true } : undefined;
}

function relateConstantOfShape(axes: NodeAxes): void {
  const value = axes.node.tensor('value');
  const zero = !value || toNumbers(value.dataType, value.bytes(), 1)[0] === 0;
  const target = axes.sizes(0)?.exact ?? [];
  axes.set(
    0,
    axes.outDims(0).map((_, axis) => uniformAxis(axes, axis, target[axis], zero)),
  );
}

/** Axes that were 1 before are uniform. */
function relateExpand(axes: NodeAxes): void {
  const [input, output] = [axes.dims(0), axes.outDims(0)];
  const missing = output.length - input.length;
  const labels = axes.labels(0);
  const target = axes.sizes(1)?.exact ?? [];
  const zero = axes.numbers(0)?.every((number) => number === 0) ?? false;
  axes.set(
    0,
    output.map((_, axis) => {
      if ((input[axis - missing] ?? 1) !== 1) return axes.produce(labels[axis - missing]);
      return uniformAxis(axes, axis, target.at(axis - output.length), zero);
    }),
  );
}

/** Members of this family: their outputs have no channels, and their inputs are none. */
export const shapeAxes = [
  ...defineAxes(['Constant', 'Range', 'RandomNormal', 'RandomUniform', 'EyeLike', 'Shape'], nothing),
  ...defineAxes(['ConstantOfShape'], relateConstantOfShape, (shrinking) => shrinking.setShape(0, 0)),
  ...defineAxes(['Expand'], relateExpand, (shrinking) => shrinking.setShape(1, 0)),
];
