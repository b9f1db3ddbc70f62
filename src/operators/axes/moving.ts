/** Operators that move axes or take parts of them. */
import { RuleError, normalAxis } from '../dims';
import { Attribute } from '../../graph/attribute';
import { sameDim } from '../../graph/shape';
import { type AxisLabel, computed, type Label, plainLabel, type Slot } from './label';
import { defineAxes } from './definition';
import { type NodeAxes } from './nodeAxes';
import { relateReshape, spelledOut } from './reshape';
import { type Shrinking } from './shrinking';

function relateTranspose(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const perm = axes.node.ints('perm') ?? [...labels.keys()].reverse();
  axes.set(
    0,
    perm.map((axis) => labels[axis]),
  );
}

/** Some of the channels of an axis; of a constant, they are still that constant's. */
const pick = ({ zero, slots }: Label, ids: Int32Array): Label => ({
  ...plainLabel(ids, zero),
  ...(slots && { slots }),
});

/** The constants of labels that are joined, where there is nothing else among them; else they make the channels. */
function joinedSlots(axes: NodeAxes, labels: readonly AxisLabel[]): { readonly slots?: readonly Slot[] } {
  if (labels.every((label) => label?.slots)) return { slots: [...new Set(labels.flatMap((label) => label!.slots!))] };
  labels.forEach((label) => axes.produce(label));
  return {};
}

/** Channels of an axis as a list; an axis that cannot shrink counts as frozen channels. */
function listed(axes: NodeAxes, index: number, axis: number): Int32Array | undefined {
  const label = axes.label(index, axis);
  if (label) return spelledOut(axes, label)?.ids;
  const size = axes.dims(index)[axis]!;
  if (!(size < 1 << 16)) return undefined;
  const fixed = axes.fresh(size);
  axes.freeze(fixed, `They are joined by ${axes.node.label} with an axis that cannot shrink.`);
  return fixed.ids;
}

function relateConcat(axes: NodeAxes): void {
  const inputs = [...axes.node.inputs.keys()].filter((index) => axes.has(index));
  const rank = axes.outDims(0).length;
  const axis = normalAxis(axes.node.int('axis', 1), rank);
  const result = Array.from({ length: rank }, (_, at): AxisLabel => {
    const labels = inputs.map((index) => axes.label(index, at));
    if (labels.every((label) => label === undefined)) return undefined;
    if (at === axis) {
      const lists = inputs.map((index) => listed(axes, index, at));
      const known = lists.filter((list): list is Int32Array => list !== undefined);
      if (known.length < lists.length) {
        for (const label of labels)
          axes.freeze(label, `They are joined by ${axes.node.label} with an axis of unknown length.`);
        return undefined;
      }
      const ids = new Int32Array(known.reduce((sum, list) => sum + list.length, 0));
      known.reduce((offset, list) => (ids.set(list, offset), offset + list.length), 0);
      const zero = labels.every((label) => label?.zero ?? true);
      return { ...plainLabel(ids, zero), ...joinedSlots(axes, labels) };
    }
    let joined = labels[0];
    const fixed = axes.node.input(inputs[labels.indexOf(undefined)] ?? -1);
    for (const label of labels.slice(1)) joined = axes.tie(joined, label, fixed);
    const zero = labels.every((label) => label?.zero ?? false);
    return joined && { ...computed(joined, zero)!, ...joinedSlots(axes, labels) };
  });
  axes.set(0, result);
}

function relateSplit(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const axis = normalAxis(axes.node.int('axis', 0), labels.length);
  const whole = spelledOut(axes, labels[axis]);
  let offset = 0;
  axes.node.outputs.forEach((output, index) => {
    if (!output) {
      axes.freeze(labels[axis], `A part of them is left out by ${axes.node.label}.`);
      return;
    }
    const size = axes.outDims(index)[axis]!;
    const part = whole && pick(whole, whole.ids.subarray(offset, offset + size));
    axes.set(
      index,
      labels.map((label, at) => (at === axis ? part : label)),
    );
    offset += size;
  });
}

/** Sizes of the parts are written out: equal parts need not stay equal. */
function shrinkSplit(shrinking: Shrinking): void {
  const { node, opset } = shrinking;
  const axis = normalAxis(node.int('axis', 0), shrinking.dims(0).length);
  if (!shrinking.changes(0, axis)) return;
  const sizes = node.outputs.map((_, index) => shrinking.keptOut(index, axis));
  if (opset < 13) node.setAttribute(Attribute.ints('split', sizes));
  else {
    node.attributes.delete('num_outputs');
    shrinking.setInput(1, sizes);
  }
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

/** What a Slice takes of each axis that it names; lengths are those of the output. */
function cutsOf(axes: NodeAxes): Cut[] {
  const { node } = axes;
  const starts = node.ints('starts') ?? axes.numbers(1);
  const dims = axes.dims(0);
  const named = node.ints('axes') ?? (axes.has(3) ? axes.numbers(3) : starts && [...starts.keys()]);
  const steps = axes.has(4) ? axes.numbers(4) : starts?.map(() => 1);
  if (!starts || !named || !steps) throw new RuleError('what it takes is not known beforehand');
  return named.map((axis, index) => {
    const at = normalAxis(axis, dims.length);
    const given = starts[index]!;
    const size = dims[at]!;
    const start = Math.min(Math.max(given < 0 ? given + size : given, 0), size);
    return { axis: at, start, length: axes.outDims(0)[at]!, step: steps[index]! };
  });
}

function relateSlice(axes: NodeAxes): void {
  const labels = [...axes.labels(0)];
  const labelled = labels.some((label) => label !== undefined);
  for (const cut of labelled ? cutsOf(axes) : []) {
    const label = labels[cut.axis];
    if (!label || axes.dims(0)[cut.axis] === cut.length) continue;
    if (cut.step !== 1) {
      axes.freeze(label, `${axes.node.label} takes every ${cut.step}th of them.`);
      labels[cut.axis] = undefined;
      continue;
    }
    const whole = spelledOut(axes, label);
    labels[cut.axis] = whole && pick(whole, whole.ids.subarray(cut.start, cut.start + cut.length));
  }
  axes.set(0, labels);
}

function shrinkSlice(shrinking: Shrinking): void {
  const { axes, node } = shrinking;
  const cuts = shrinking.changesAny(0) ? cutsOf(axes) : [];
  const starts = node.ints('starts') ?? axes.numbers(1);
  const ends = node.ints('ends') ?? axes.numbers(2);
  if (!cuts.some(({ axis }) => shrinking.changes(0, axis)) || !starts || !ends) return;
  const [newStarts, newEnds] = [[...starts], [...ends]];
  cuts.forEach(({ axis, start, length, step }, index) => {
    if (!shrinking.changes(0, axis) || step !== 1) return;
    newStarts[index] = shrinking.keptBefore(0, axis, start);
    newEnds[index] = shrinking.keptBefore(0, axis, start + length);
  });
  if (node.ints('starts')) {
    node.setAttribute(Attribute.ints('starts', newStarts));
    node.setAttribute(Attribute.ints('ends', newEnds));
  } else {
    shrinking.setInput(1, newStarts);
    shrinking.setInput(2, newEnds);
  }
}

/** Rows that data looks up stay; rows that the graph itself picks go with their channels. */
function relateGather(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const axis = normalAxis(axes.node.int('axis', 0), labels.length);
  const rank = axes.dims(1).length;
  const picks = axes.numbers(1);
  const size = axes.dims(0)[axis]!;
  let picked: AxisLabel;
  const label = labels[axis];
  if (label && picks && rank === 1) {
    const whole = spelledOut(axes, label);
    picked =
      whole &&
      pick(
        whole,
        Int32Array.from(picks, (at) => whole.ids[at < 0 ? at + size : at]!),
      );
  } else axes.freeze(label, `${axes.node.label} looks them up by number.`);
  const between = Array.from({ length: rank }, (_, index) => (index === 0 ? picked : undefined));
  const others = labels.map((each) => each);
  others.splice(axis, 1, ...between);
  axes.set(
    0,
    others.map((each, index) => (index >= axis && index < axis + rank ? each : axes.produce(each))),
  );
}

function shrinkGather(shrinking: Shrinking): void {
  const { axes, node } = shrinking;
  const axis = normalAxis(node.int('axis', 0), shrinking.dims(0).length);
  const picks = axes.numbers(1);
  if (!picks || axes.dims(1).length !== 1 || !shrinking.changes(0, axis)) return;
  const size = shrinking.dims(0)[axis]!;
  const kept = shrinking.keptOutPositions(0, axis);
  const places = kept.map((at) => {
    const pick = picks[at]!;
    return shrinking.keptBefore(0, axis, pick < 0 ? pick + size : pick);
  });
  shrinking.setInput(1, places);
}

/** A calculated target shape can be rewritten unless channels lie along one of several dynamic axes. */
function relateToShape(axes: NodeAxes): void {
  relateReshape(axes);
  if (axes.node.ints('shape') ?? axes.numbers(1)) return;
  const shape = axes.outShape(0) ?? [];
  const copied = (axis: number): boolean => {
    const [own, before] = [shape[axis], axes.shape(0)?.[axis]];
    return own !== undefined && before !== undefined && sameDim(own, before);
  };
  const open = [...shape.keys()].filter((axis) => typeof shape[axis] !== 'number' && !copied(axis));
  if (open.length < 2) return;
  for (const axis of open) {
    axes.freeze(
      axes.outLabels(0)[axis],
      `${axes.node.label} puts them along a dynamic axis, whose length the graph calculates.`,
    );
  }
}

/** Members of this family. */
export const movingAxes = [
  ...defineAxes(['Transpose'], relateTranspose),
  ...defineAxes(['Squeeze', 'Unsqueeze', 'Flatten'], relateReshape),
  ...defineAxes(['Reshape'], relateToShape, (shrinking) => shrinking.setShape(1, 0)),
  ...defineAxes(['Concat'], relateConcat),
  ...defineAxes(['Split'], relateSplit, shrinkSplit),
  ...defineAxes(['Slice'], relateSlice, shrinkSlice),
  ...defineAxes(['Gather'], relateGather, shrinkGather),
];
