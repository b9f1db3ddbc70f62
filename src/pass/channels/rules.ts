/** What operators do to channels that are scaled by positive numbers: one rule for each that lets them through. */
import { constantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { toNumbers } from '../../numerics/elements';
import { constantInput } from './constant';
import { type Tracer } from './trace';
import { reshapedChannels, transposedChannels } from './views';

/** Carries channels from the inputs of a node to its outputs; false when they cannot pass. */
export type Rule = (tracer: Tracer, node: Node) => boolean;

/** f(s·x) = s·f(x) for s > 0, element by element or over other axes than the channels'. */
const homogeneous: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  if (!carried) return true;
  const more = node.outputs.slice(1).some((value) => value && (value.useCount > 0 || isOutput(node, value)));
  if (more || node.inputs.slice(1).some((input) => tracer.carried(input))) return false;
  return tracer.carry(node.output(0), carried);
};

const isOutput = (node: Node, value: Value): boolean => node.graph!.outputs.includes(value);

/** The same for operators that must leave the channels' axis alone: seen by the number of channels. */
const spatial: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  const after = carried && tracer.shape(node.output(0))?.[carried.axis];
  return !carried || (after === carried.ids.length && homogeneous(tracer, node));
};

const clip: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  if (!carried) return true;
  const bounds = clipBounds(node);
  if (bounds?.low !== 0) return false;
  if (bounds.high < Infinity) {
    if (!tracer.isOpen(node)) {
      tracer.stop(node, `${node.label} cuts at ${bounds.high}, which scaled channels would reach sooner or later`);
      return true;
    }
    tracer.clips.push({ node, ids: carried.ids });
  }
  return tracer.carry(node.output(0), carried);
};

/** The constant bounds of a Clip, whichever opset it is of; undefined when they are computed. */
export function clipBounds(node: Node): { readonly low: number; readonly high: number } | undefined {
  const bound = (index: number, name: string, otherwise: number): number | undefined => {
    if (!node.input(index)) return node.float(name, otherwise);
    const constant = constantInput(node, index);
    return constant?.shape.every((dim) => dim === 1) ? constant.read()[0] : undefined;
  };
  const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  if (low === undefined || high === undefined) return undefined;
  return { low, high: high > 3e38 ? Infinity : high };
}

const transpose: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  return !carried || tracer.carry(node.output(0), transposedChannels(carried, node.ints('perm')));
};

const reshape: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  if (!carried) return true;
  const [from, to] = [tracer.shape(node.input(0)), tracer.shape(node.output(0))];
  const after = from && to && reshapedChannels(carried, from, to);
  return after !== undefined && tracer.carry(node.output(0), after);
};

const reduce: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  if (!carried) return true;
  const axes = integersOf(node, 1) ?? node.ints('axes');
  // Without axes it reduces all; axes that are computed could be any.
  if (!axes || axes.length === 0) return false;
  const reduced = axes.map((axis) => (axis < 0 ? axis + carried.rank : axis));
  if (reduced.includes(carried.axis)) return false;
  if (node.int('keepdims', 1) === 1) return tracer.carry(node.output(0), carried);
  const axis = carried.axis - reduced.filter((each) => each < carried.axis).length;
  return tracer.carry(node.output(0), { ...carried, axis, rank: carried.rank - reduced.length });
};

/** A constant list of integers, such as axes. */
function integersOf(node: Node, index: number): number[] | undefined {
  const value = node.input(index);
  const tensor = value && constantSource(value, node.graph!)?.tensor;
  return tensor?.dataType === 'int64' ? toNumbers('int64', tensor.bytes(), tensor.size) : undefined;
}

const concat: Rule = (tracer, node) => {
  const all = node.inputs.map((input) => tracer.carried(input));
  const known = all.find((each) => each !== undefined);
  if (!known) return true;
  const axis = node.int('axis', 1);
  const at = axis < 0 ? axis + known.rank : axis;
  if (all.some((each) => each && each.axis !== known.axis)) return false;
  if (at !== known.axis) {
    if (all.some((each) => each?.ids.length !== known.ids.length)) return false;
    for (const each of all) tracer.classes.unite(known.ids, each!.ids);
    return tracer.carry(node.output(0), known);
  }
  const parts = node.inputs.map((input, index) => {
    const carried = all[index];
    if (carried) return carried.ids;
    const count = tracer.shape(input)?.[at];
    if (typeof count !== 'number') return undefined;
    const ids = tracer.classes.fresh(count);
    tracer.freeze({ ids }, node, `${node.label} joins it from elsewhere`);
    return ids;
  });
  if (parts.some((part) => part === undefined)) return false;
  const ids = Int32Array.from(parts.flatMap((part) => Array.from(part!)));
  return tracer.carry(node.output(0), { ...known, ids });
};

const split: Rule = (tracer, node) => {
  const carried = tracer.carried(node.input(0));
  if (!carried) return true;
  const axis = node.int('axis', 0);
  const along = (axis < 0 ? axis + carried.rank : axis) === carried.axis;
  let start = 0;
  for (const output of node.outputs) {
    if (!output) return false;
    const count = along ? tracer.shape(output)?.[carried.axis] : carried.ids.length;
    if (typeof count !== 'number') return false;
    tracer.carry(output, { ...carried, ids: along ? carried.ids.slice(start, start + count) : carried.ids });
    start += count;
  }
  return true;
};

/** Both sides by the same channels, or a constant that is scaled with them. */
const add: Rule = (tracer, node) => {
  const sides = node.inputs.map((input) => tracer.carried(input));
  const first = sides.find((side) => side !== undefined);
  if (!first) return true;
  if (tracer.opset < 7) return false;
  const rank = Math.max(...sides.map((side) => side?.rank ?? 0));
  const fromEnd = first.axis - first.rank;
  for (const [index, side] of sides.entries()) {
    if (side) {
      if (side.axis - side.rank !== fromEnd || side.ids.length !== first.ids.length) return false;
      tracer.classes.unite(first.ids, side.ids);
      continue;
    }
    const constant = constantInput(node, index);
    const dim = constant && (constant.shape.at(fromEnd) ?? 1);
    if (!constant || constant.shape.length > rank || (dim !== 1 && dim !== first.ids.length)) return false;
    tracer.addends.push({ node, index, ids: first.ids, axis: fromEnd });
  }
  return tracer.carry(node.output(0), { ...first, axis: rank + fromEnd, rank });
};

/** Channels times something that does not depend on them; or a constant for each channel, which can take a scale. */
const multiply: Rule = (tracer, node) => {
  const sides = node.inputs.map((input) => tracer.carried(input));
  const index = sides.findIndex((side) => side !== undefined);
  const side = sides[index];
  if (!side) return node.is('Mul') ? factor(tracer, node) : true;
  const divides = node.is('Div') && index === 1;
  if (tracer.opset < 7 || divides || sides.some((other, at) => other && at !== index)) return false;
  const output = tracer.shape(node.output(0));
  if (output?.length !== side.rank || output[side.axis] !== side.ids.length) return false;
  return tracer.carry(node.output(0), side);
};

function factor(tracer: Tracer, node: Node): boolean {
  for (const index of [0, 1]) {
    const constant = constantInput(node, index);
    const output = tracer.shape(node.output(0));
    const wide = constant?.shape.flatMap((dim, axis) => (dim > 1 ? [axis - constant.shape.length] : [])) ?? [];
    const [axis] = wide;
    if (!constant || !output || wide.length !== 1 || axis === undefined || constant.shape.length > output.length)
      continue;
    const count = constant.shape.at(axis)!;
    const ids = tracer.classes.fresh(count);
    tracer.norms.push({ node, index, ids, axis });
    if (constant.shared) tracer.freeze({ ids }, node, `the factor of ${node.label} is shared`);
    return tracer.carry(node.output(0), { axis: output.length + axis, rank: output.length, ids });
  }
  return true;
}

/** Norms, whose scale (and shift) at these inputs can take a scale of the output's channels. */
const norm =
  (scale: number, shift: number | undefined, axisOf: (node: Node, rank: number) => number): Rule =>
  (tracer, node) => {
    tracer.stop(node, `${node.label} (${node.opType}) evens out what is scaled before it; simplify folds batch norms`);
    const rank = tracer.shape(node.input(0))?.length;
    const gamma = constantInput(node, scale);
    const hasShift = shift !== undefined && node.input(shift) !== undefined;
    const beta = hasShift ? constantInput(node, shift) : undefined;
    if (rank === undefined || gamma?.shape.length !== 1 || (hasShift && !beta)) return true;
    const axis = axisOf(node, rank) - rank;
    const ids = tracer.classes.fresh(gamma.shape[0]!);
    // The vectors have one axis, wherever that of the channels is.
    tracer.norms.push({ node, index: scale, ids, axis: -1 });
    if (beta) tracer.norms.push({ node, index: shift!, ids, axis: -1 });
    const more = node.outputs.slice(1).some((value) => value && tracer.carried(value));
    return !more && tracer.carry(node.output(0), { axis: axis + rank, rank, ids });
  };

const lastAxis = (_: Node, rank: number): number => rank - 1;
const channelAxis = (): number => 1;

const layerNorm: Rule = (tracer, node) => {
  const rank = tracer.shape(node.input(0))?.length;
  const axis = node.int('axis', -1);
  if (rank === undefined || (axis !== -1 && axis !== rank - 1)) return false;
  return norm(1, 2, lastAxis)(tracer, node);
};

const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['Relu', 'LeakyRelu', 'PRelu', 'Identity', 'Dropout', 'MaxPool', 'AveragePool', 'GlobalAveragePool']
      .concat(['GlobalMaxPool', 'LpPool', 'GlobalLpPool', 'Abs', 'Neg'])
      .map((opType) => [opType, homogeneous]),
  ),
  ...Object.fromEntries(['Resize', 'Upsample'].map((opType) => [opType, spatial])),
  ...Object.fromEntries(
    ['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2'].map((opType) => [opType, reduce]),
  ),
  ...Object.fromEntries(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'].map((opType) => [opType, reshape])),
  Pad: (tracer, node) => isZeroPad(node) && spatial(tracer, node),
  // Negative steps could turn the channels round.
  Slice: (tracer, node) => !node.input(4) && spatial(tracer, node),
  Clip: clip,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Add: add,
  Sub: add,
  Sum: add,
  Mul: multiply,
  Div: multiply,
  BatchNormalization: norm(1, 2, channelAxis),
  InstanceNormalization: norm(1, 2, channelAxis),
  LayerNormalization: layerNorm,
  RMSNormalization: norm(1, undefined, lastAxis),
  SimplifiedLayerNormalization: norm(1, undefined, lastAxis),
  'com.microsoft.SkipLayerNormalization': norm(2, 3, lastAxis),
  'com.microsoft.SkipSimplifiedLayerNormalization': norm(2, undefined, lastAxis),
};

function isZeroPad(node: Node): boolean {
  if (node.string('mode', 'constant') !== 'constant') return true;
  const fill = node.input(2) ? constantInput(node, 2)?.read()[0] : node.float('value', 0);
  return fill === 0;
}

/** The rule for a node; undefined when channels cannot pass it. */
export const ruleOf = (node: Node): Rule | undefined =>
  Object.hasOwn(rules, node.qualifiedOpType) ? rules[node.qualifiedOpType] : undefined;
