/** Quantize and dequantize: channels pass, per-channel scales and zero points go along. */
import { normalAxis } from '../dims';
import { type AxisLabel } from './label';
import { defineAxes } from './definition';
import { type NodeAxes } from './nodeAxes';

/** A scale is a scalar, one per index of `axis`, or blocked: as many axes as the tensor. */
function relate(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const scale = axes.dims(1);
  const parameters = [1, 2].filter((index) => axes.has(index));
  const tied = labels.map((label, axis): AxisLabel => {
    if (scale.length === 1 && scale[0] !== 1 && axis === normalAxis(axes.node.int('axis', 1), labels.length)) {
      for (const index of parameters) axes.tieTo(label, index, 0);
    } else if (scale.length > 1 && scale.length === labels.length) {
      const blocked = scale[axis] !== axes.dims(0)[axis];
      if (blocked) axes.freeze(label, `${axes.node.label} quantizes them in blocks.`);
      else for (const index of parameters) axes.tieTo(label, index, axis);
    }
    return label;
  });
  axes.set(0, tied);
}

/** A removed channel is zero, which lies in the range of every tensor. */
function relateDynamic(axes: NodeAxes): void {
  for (const label of axes.labels(0)) {
    if (label && !label.zero) axes.freeze(label, `${axes.node.label} takes the range over them.`, true);
  }
  axes.set(0, axes.labels(0));
}

/** Members of this family. */
export const quantizationAxes = [
  ...defineAxes(['QuantizeLinear', 'DequantizeLinear'], relate),
  ...defineAxes(['QuantizeLinear', 'DequantizeLinear'], relate, undefined, 'com.microsoft'),
  ...defineAxes(['DynamicQuantizeLinear'], relateDynamic),
];
