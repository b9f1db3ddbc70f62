/** Pooling, resizing, and what trades channels for pixels. */
import { defineAxes } from './definition';
import { type AxisLabel, computed, type Label } from './label';
import { type NodeAxes } from './nodeAxes';

import { type Shrinking } from './shrinking';

/** Batch and channels pass, everything else cannot shrink. */
function relatePool(axes: NodeAxes): void {
  const labels = axes.labels(0).map((label, axis) => {
    if (axis > 1) axes.freeze(label, `${axes.node.label} slides over them.`);
    return axis < 2 ? label : undefined;
  });
  axes.node.outputs.forEach((_, index) => axes.set(index, labels));
}

/** Every axis whose length stays passes. */
function relateSameLength(axes: NodeAxes): void {
  const output = axes.outDims(0);
  axes.set(
    0,
    axes.labels(0).map((label, axis) => {
      if (axes.dims(0)[axis] === output[axis]) return label;
      axes.freeze(label, `${axes.node.label} resizes along them.`);
      return undefined;
    }),
  );
}

/** The target shape of a Resize is its fourth input. */
function shrinkResize(shrinking: Shrinking): void {
  if (shrinking.node.input(3) !== undefined) shrinking.setShape(3, 0);
}

/** [N, b·b·C, H, W] with the blocks outside (DCR) or inside (CRD) the channels. */
function relateDepthToSpace(axes: NodeAxes): void {
  const [batch, channels, height, width] = axes.dims(0);
  const block = axes.node.int('blocksize', 1);
  const depth = channels! / (block * block);
  const inner = axes.node.string('mode', 'DCR') === 'CRD';
  const split = inner
    ? [batch!, depth, block * block, height!, width!]
    : [batch!, block * block, depth, height!, width!];
  const labels = reshapedLabelsAs(axes, split, inner ? 1 : 2);
  axes.set(0, [axes.label(0, 0), labels, undefined, undefined]);
}

/** The label of one axis after the channels were divided, whichever way that is. */
function reshapedLabelsAs(axes: NodeAxes, split: readonly number[], axis: number): AxisLabel {
  const label = axes.label(0, 1);
  if (!label) return undefined;
  const slabs = axes.fresh(split[axis]!);
  const [outer, inner] = axis === 1 ? [1, split[2]!] : [split[1]!, 1];
  axes.tie({ ...slabs, outer, inner }, label);
  return computed(slabs, label.zero);
}

/** [N, C, H, W] to [N, b·b·C, H/b, W/b]: blocks outside. */
function relateSpaceToDepth(axes: NodeAxes): void {
  const label: Label | undefined = axes.label(0, 1);
  const block = axes.node.int('blocksize', 1);
  const expanded = label && { ...label, outer: label.outer * block * block, slots: undefined };
  axes.set(0, [axes.label(0, 0), expanded, undefined, undefined]);
}

/** Axes that are summed up disappear or become 1. */
function relateReduction(exact: boolean) {
  return (axes: NodeAxes): void => {
    const labels = axes.labels(0);
    const rank = labels.length;
    const given = axes.node.ints('axes') ?? (axes.has(1) ? axes.numbers(1) : []);
    const none = !given || given.length === 0;
    const all = none && axes.node.int('noop_with_empty_axes', 0) === 0;
    const reduced = labels.map(
      (_, axis) => all || (given ?? []).some((each) => (each < 0 ? each + rank : each) === axis),
    );
    labels.forEach((label, axis) => {
      if (!reduced[axis] || !label) return;
      if (!exact)
        axes.freeze(
          label,
          `${axes.node.label} takes its statistics over them: without some, the result would change.`,
          true,
        );
      else if (!label.zero) axes.freeze(label, axes.notZero(), true);
      axes.produce(label);
    });
    const result = labels.map((label, axis) => (reduced[axis] ? undefined : computed(label, false)));
    axes.set(0, axes.node.int('keepdims', 1) !== 0 ? result : result.filter((_, axis) => !reduced[axis]));
  };
}

const zeroKept = ['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceSum', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'];

/** A reduction of nothing but zeros is zero, for all but the exponential and the product. */
function reductionWithZeros(exact: boolean) {
  const relate = relateReduction(exact);
  return (axes: NodeAxes): void => {
    relate(axes);
    const output = axes.node.output(0);
    if (!output || !zeroKept.includes(axes.node.opType)) return;
    const zeros = new Set(
      axes
        .labels(0)
        .filter((label) => label?.zero)
        .map((label) => label!.ids),
    );
    axes.set(
      0,
      axes.outLabels(0).map((label) => computed(label, label !== undefined && zeros.has(label.ids))),
    );
  };
}

/** The result are positions: along other axes nothing changes. */
function relateArg(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const axis = axes.node.int('axis', 0);
  const at = axis < 0 ? axis + labels.length : axis;
  axes.freeze(labels[at], `${axes.node.label} compares them with each other.`);
  const rest = labels.map((label, index) => (index === at ? undefined : computed(label, false)));
  axes.set(0, axes.node.int('keepdims', 1) !== 0 ? rest : rest.filter((_, index) => index !== at));
}

/** Scans along one axis, which stays. */
function relateCumulative(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const axis = axes.numbers(1)?.[0];
  axes.set(
    0,
    labels.map((label, at) => {
      if (axis !== undefined && at !== (axis < 0 ? axis + labels.length : axis)) return label;
      axes.freeze(label, `${axes.node.label} runs along them.`);
      return undefined;
    }),
  );
}

const pools = ['MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'];

/** Members of this family. */
export const spatialAxes = [
  ...defineAxes(pools, relatePool),
  ...defineAxes(['Resize'], relateSameLength, shrinkResize),
  ...defineAxes(['Upsample', 'Crop', 'CenterCropPad'], relateSameLength),
  ...defineAxes(['DepthToSpace'], relateDepthToSpace),
  ...defineAxes(['SpaceToDepth'], relateSpaceToDepth),
  ...defineAxes(['ReduceSum', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'], reductionWithZeros(true)),
  ...defineAxes(
    ['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceLogSum', 'ReduceLogSumExp'],
    reductionWithZeros(false),
  ),
  ...defineAxes(['ArgMax', 'ArgMin'], relateArg),
  ...defineAxes(['CumSum'], relateCumulative),
];
