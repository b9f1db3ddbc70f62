/** Normalizations: per-channel ones pass; those that take statistics over channels change when one leaves. */
import { Attribute } from '../../graph/attribute';
import { normalAxis } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed, type Label } from './label';
import { type NodeAxes } from './nodeAxes';
import { type Shrinking } from './shrinking';

const statistics = (axes: NodeAxes): string =>
  `${axes.node.label} takes its statistics over them: without some, the others would change.`;

/** Per-channel parameters at the given inputs; `shifts` are those that a removed channel has at zero. */
function relatePerChannel(parameters: readonly number[], shifts: readonly number[]) {
  return (axes: NodeAxes): void => {
    const labels = [...axes.labels(0)];
    for (const index of parameters) {
      axes.tieTo(labels[1], index, 0);
      if (shifts.includes(index)) axes.produce(axes.label(index, 0));
    }
    labels[1] = computed(
      labels[1],
      shifts.every((index) => axes.label(index, 0)?.zero === true),
    );
    axes.set(
      0,
      labels.map((label, axis) => (axis === 1 ? label : computed(label, false))),
    );
  };
}

/** Channels may also lie behind the first two axes: a group norm is written as one over groups, seen as channels. */
function relateInstanceNorm(axes: NodeAxes): void {
  for (const label of axes.labels(0).slice(2)) axes.freeze(label, statistics(axes), true);
  relatePerChannel([1, 2], [1, 2])(axes);
}

/** Layer and RMS norm over the axes from `axis` on. */
function relateLayer(axes: NodeAxes, biased = true): void {
  const dims = axes.dims(0);
  const first = normalAxis(axes.node.int('axis', -1), dims.length);
  const labels = axes.labels(0).map((label, axis): AxisLabel => {
    if (axis < first) return computed(label, (label?.zero ?? false) && !axes.has(2));
    for (const index of biased ? [1, 2] : [1]) {
      if (!axes.has(index)) continue;
      const own = axes.dims(index).length - (dims.length - axis);
      if (own < 0 || axes.dims(index)[own] === 1) continue;
      axes.tieTo(label, index, own);
      axes.produce(axes.label(index, own));
    }
    axes.freeze(label, statistics(axes), true);
    return computed(label, axes.dims(1).length >= dims.length - axis);
  });
  axes.set(0, labels);
  for (const index of [1, 2])
    axes.set(
      index,
      labels.map((label, axis) => (axis < first ? label : undefined)),
    );
}

/** Whole groups leave: then the statistics of the others stay what they were. */
function relateGroupNorm(axes: NodeAxes): void {
  const channels = axes.dims(0)[1]!;
  const groups = axes.node.int('num_groups', 1);
  const whole: Label = { ...axes.fresh(groups), inner: channels / groups };
  const labels = [...axes.labels(0)];
  axes.tieTo(whole, 0, 1);
  for (const index of [1, 2]) {
    // Up to opset 20 scale and bias had one element for each group.
    const perGroup = axes.dims(index)[0] === groups && groups !== channels;
    axes.tieTo(perGroup ? { ...whole, inner: 1 } : whole, index, 0);
    axes.produce(axes.label(index, 0));
  }
  if (groups === 1) axes.freeze(whole, statistics(axes), true);
  labels[1] = whole;
  axes.set(
    0,
    labels.map((label, axis) => (axis === 1 ? label : computed(label, false))),
  );
}

function shrinkGroupNorm(shrinking: Shrinking): void {
  const { node } = shrinking;
  const perGroup = shrinking.dims(0)[1]! / node.int('num_groups', 1);
  node.setAttribute(Attribute.int('num_groups', shrinking.keptAlong(0, 1) / perGroup));
}

/** The given axes are compared with each other; the rest passes. */
function relateOver(
  over: (axes: NodeAxes, rank: number) => readonly number[],
  how: { readonly inexact: boolean; readonly zero: boolean; readonly reason: (axes: NodeAxes) => string },
) {
  return (axes: NodeAxes): void => {
    const labels = axes.labels(0);
    const compared = over(axes, labels.length);
    for (const axis of compared) axes.freeze(labels[axis], how.reason(axes), how.inexact);
    axes.set(
      0,
      labels.map((label, axis) => computed(label, (label?.zero ?? false) && how.zero && !compared.includes(axis))),
    );
  };
}

const compares = (axes: NodeAxes): string => `${axes.node.label} compares them with each other.`;

/** Up to opset 12 everything from `axis` on was one row. */
function softmaxAxes(axes: NodeAxes, rank: number): number[] {
  const axis = normalAxis(axes.node.int('axis', axes.opset < 13 ? 1 : -1), rank);
  return axes.opset < 13 ? Array.from({ length: rank - axis }, (_, index) => axis + index) : [axis];
}

/** Members of this family. */
export const normalizationAxes = [
  ...defineAxes(['BatchNormalization'], relatePerChannel([1, 2, 3, 4], [1, 2])),
  ...defineAxes(['InstanceNormalization'], relateInstanceNorm),
  ...defineAxes(['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'], (axes) =>
    relateLayer(axes),
  ),
  ...defineAxes(
    ['LayerNormalization', 'SimplifiedLayerNormalization'],
    (axes) => relateLayer(axes),
    undefined,
    'com.microsoft',
  ),
  ...defineAxes(['GroupNormalization'], relateGroupNorm, shrinkGroupNorm),
  ...defineAxes(
    ['LRN'],
    relateOver(() => [1], { inexact: true, zero: false, reason: statistics }),
  ),
  ...defineAxes(
    ['Softmax', 'LogSoftmax', 'Hardmax'],
    relateOver(softmaxAxes, { inexact: false, zero: false, reason: compares }),
  ),
  // The norm of a vector does not notice a zero in it.
  ...defineAxes(['LpNormalization'], (axes) => axes.set(0, axes.labels(0))),
  ...defineAxes(
    ['MeanVarianceNormalization'],
    relateOver((axes) => axes.node.ints('axes') ?? [0, 2, 3], { inexact: true, zero: true, reason: statistics }),
  ),
];
