/** Operators that take parts: Slice, Gather and kin, Split, Concat, Pad, Crop. */
import { countElements, type Dim, type Shape } from '../../graph/shape';
import { MAX_ELEMENTS, pickContents, vectorContents } from '../contents';
import { defineOperators, type InferenceContext, type PartialContents } from '../definition';
import {
  addDims, ceilDivDims, minDims, normalAxis, RuleError, subDims, sumOf, unifyDims, unknownDims,
  withDim,
} from '../dims'; // prettier-ignore
import { firstDataType, lengthOf } from '../rules';
import { Expression } from '../../graph/expression';

/** "To the end" is written as a number near the largest int32 or int64. */
const FAR = 2 ** 30;

interface SliceSpec {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: Dim;
}

function sliceSpecs(context: InferenceContext, rank: number): SliceSpec[] | undefined {
  const { node } = context;
  const starts = node.ints('starts') ?? context.contents(1)?.elements;
  const ends = node.ints('ends') ?? context.contents(2)?.elements;
  const count = starts?.length ?? ends?.length ?? lengthOf(context, 1) ?? lengthOf(context, 2);
  const axes = node.ints('axes') ?? (context.has(3) ? context.numbers(3) : undefined);
  if (context.has(3) && !axes) return undefined;
  const steps = context.has(4) ? context.contents(4)?.elements : undefined;
  if (count === undefined) return undefined;
  return Array.from({ length: axes?.length ?? count }, (_, index) => ({
    axis: normalAxis(axes?.[index] ?? index, rank),
    start: starts?.[index] ?? null,
    end: ends?.[index] ?? null,
    step: context.has(4) ? (steps?.[index] ?? null) : 1,
  }));
}

/** True when an index surely counts from the end. */
function isNegative(dim: Dim): boolean {
  return typeof dim === 'number' ? dim < 0 : dim !== null && dim.sign === -1;
}

/** A start or end as a position in 0..size. Symbols count from the front. */
function position(index: Dim, size: Dim): Dim {
  if (index === null) return null;
  if (isNegative(index)) return typeof index === 'number' && index < -FAR ? 0 : clampLow(addDims(size, index));
  // A dynamic dimension has at least one element, so that `x[1:]` is plainly one shorter.
  if (index === 0 || (index === 1 && size instanceof Expression)) return index;
  if (typeof index === 'number' && index > FAR) return size;
  return minKnown(index, size);
}

/** max(dim, 0), left alone where it is surely not negative or would only make the expression ugly. */
function clampLow(dim: Dim): Dim {
  return typeof dim === 'number' ? Math.max(0, dim) : dim;
}

/** min(a, b) where b is a size: a bare constant against a symbol stays symbolic through min. */
function minKnown(a: Dim, b: Dim): Dim {
  if (a === null || b === null) return null;
  const difference = Expression.of(b).sub(a);
  return difference.sign === 1 || difference.sign === 0 ? a : minDims(a, b);
}

function slicedDim(size: Dim, { start, end, step }: SliceSpec): Dim {
  if (typeof step !== 'number' || step === 0) return null;
  if (step < 0) return reversedDim(size, start, end, step);
  const room = subDims(position(end, size), position(start, size));
  const length = ceilDivDims(room, step);
  return typeof length === 'number' ? Math.max(0, length) : length;
}

function reversedDim(size: Dim, start: Dim, end: Dim, step: number): Dim {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const from = Math.min(size - 1, start < 0 ? start + size : start);
    const to = Math.max(-1, end < 0 ? end + size : end);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  // The usual reversal of a whole axis.
  const whole = (start === -1 || (typeof start === 'number' && start > FAR)) && typeof end === 'number' && end < -FAR;
  return whole ? ceilDivDims(size, -step) : null;
}

function slice(context: InferenceContext): void {
  const input = context.shape(0);
  const type = context.dataType(0);
  if (!input) return context.tensor(0, type, undefined);
  const specs = sliceSpecs(context, input.length);
  if (!specs) return context.tensor(0, type, unknownDims(input.length));
  let shape: Shape = input;
  for (const spec of specs) shape = withDim(shape, spec.axis, slicedDim(input[spec.axis]!, spec));
  context.tensor(0, type, shape);
  const contents = context.contents(0);
  if (contents) context.setContents(0, slicedContents(contents, specs));
}

/** Slices of known contents, where every start, end and step is known. */
function slicedContents(contents: PartialContents, specs: readonly SliceSpec[]): PartialContents | undefined {
  const picks = contents.shape.map((size) => Array.from({ length: size }, (_, at) => at));
  for (const { axis, start, end, step } of specs) {
    if (typeof start !== 'number' || typeof end !== 'number' || typeof step !== 'number' || step === 0)
      return undefined;
    picks[axis] = positions(contents.shape[axis]!, start, end, step);
  }
  return pickContents(contents, picks);
}

function positions(size: number, start: number, end: number, step: number): number[] {
  const low = step > 0 ? 0 : -1;
  const clamp = (at: number): number => Math.min(size + low, Math.max(low, at < 0 ? at + size : at));
  const picked: number[] = [];
  for (let at = clamp(start); step > 0 ? at < clamp(end) : at > clamp(end); at += step) picked.push(at);
  return picked;
}

function gather(context: InferenceContext): void {
  const [data, indices] = [context.shape(0), context.shape(1)];
  const type = context.dataType(0);
  if (!data) return context.tensor(0, type, undefined);
  const axis = normalAxis(context.node.int('axis', 0), data.length);
  context.tensor(0, type, indices && [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]);
  const [contents, picks] = [context.contents(0), context.contents(1)];
  if (!contents || !picks || axis !== 0) return;
  const row = contents.shape.slice(1);
  const width = countElements(row);
  const count = contents.shape[0] ?? 0;
  if (picks.elements.length * width > MAX_ELEMENTS) return;
  const elements = picks.elements.flatMap((pick): readonly Dim[] => {
    if (typeof pick !== 'number') return new Array<Dim>(width).fill(null);
    const at = pick < 0 ? pick + count : pick;
    if (at < 0 || at >= count) throw new RuleError(`index ${pick} is outside ${count} entries`);
    return contents.elements.slice(at * width, (at + 1) * width);
  });
  context.setContents(0, { shape: [...picks.shape, ...row], elements });
}

function gatherNd(context: InferenceContext): void {
  const [data, indices] = [context.shape(0), context.shape(1)];
  const batch = context.node.int('batch_dims', 0);
  const depth = indices?.[indices.length - 1];
  const known = data && indices && typeof depth === 'number';
  context.tensor(0, context.dataType(0), known ? [...indices.slice(0, -1), ...data.slice(batch + depth)] : undefined);
}

function concat(context: InferenceContext): void {
  const { node } = context;
  const shapes = node.inputs.map((_, index) => context.shape(index));
  const type = firstDataType(
    context,
    node.inputs.map((_, index) => index),
  );
  const rank = shapes.find((shape) => shape)?.length;
  if (rank === undefined) return context.tensor(0, type, undefined);
  const axis = normalAxis(node.int('axis', node.domain === '' && context.opset < 4 ? 1 : 0), rank);
  const dims = Array.from({ length: rank }, (_, at): Dim => {
    const here = shapes.map((shape) => shape?.[at] ?? null);
    return at === axis ? sumOf(here) : here.reduce<Dim>((a, b) => unifyDims(a, b), null);
  });
  context.tensor(0, type, dims);
  concatContents(context, shapes, axis);
}

/** Vectors whose length is known contribute unknown elements when nothing else is known of them. */
function concatContents(context: InferenceContext, shapes: readonly (Shape | undefined)[], axis: number): void {
  const parts = shapes.map((shape, index): readonly Dim[] | undefined => {
    const contents = context.contents(index);
    if (contents) return contents.shape.length === 1 ? contents.elements : undefined;
    const [length] = shape ?? [];
    return shape?.length === 1 && typeof length === 'number' && length <= 64 ? unknownDims(length) : undefined;
  });
  if (axis === 0 && parts.every((part) => part !== undefined)) context.setContents(0, vectorContents(parts.flat()));
}

/** Lengths from the attribute (until opset 12), the input, or equal parts with a smaller last one. */
function split(context: InferenceContext): void {
  const input = context.shape(0);
  const { node } = context;
  const count = node.outputs.length;
  const type = context.dataType(0);
  const axis = input && normalAxis(node.int('axis', 0), input.length);
  const total = input ? input[axis!]! : null;
  const given: readonly Dim[] | undefined =
    node.ints('split') ?? (context.has(1) ? (context.contents(1)?.elements ?? unknownDims(count)) : undefined);
  const chunk = ceilDivDims(total, node.int('num_outputs', count));
  let start: Dim = 0;
  for (let index = 0; index < count; index++) {
    const last = index === count - 1;
    const length = given ? (given[index] ?? null) : last ? subDims(total, start) : chunk;
    context.tensor(index, type, input && withDim(input, axis!, length));
    const contents = context.contents(0);
    if (contents?.shape.length === 1 && typeof start === 'number' && typeof length === 'number') {
      context.setContents(index, vectorContents(contents.elements.slice(start, start + length)));
    }
    start = addDims(start, length);
  }
}

/** Begins then ends per axis; `axes` since opset 18, `paddings` in opset 1. */
function pad(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const { node } = context;
  const pads = node.ints('pads') ?? node.ints('paddings') ?? context.contents(1)?.elements;
  const given = context.has(3) ? context.numbers(3) : input.map((_, axis) => axis);
  if (!pads || !given) return context.tensor(0, context.dataType(0), unknownDims(input.length));
  const axes = given.map((axis) => normalAxis(axis, input.length));
  let shape: Shape = input;
  axes.forEach((axis, index) => {
    const [begin, end] = [pads[index] ?? null, pads[index + axes.length] ?? null];
    shape = withDim(shape, axis, addDims(addDims(shape[axis]!, begin), end));
  });
  context.tensor(0, context.dataType(0), shape);
}

/** Experimental operator of the first opsets: border [left, top, right, bottom], or a fixed size. */
function crop(context: InferenceContext): void {
  const input = context.shape(0);
  const [left = 0, top = 0, right = 0, bottom = 0] = context.node.ints('border') ?? [];
  const scale = context.node.ints('scale');
  if (input?.length !== 4) return context.tensor(0, context.dataType(0), undefined);
  const [height, width] = scale ?? [subDims(input[2]!, top + bottom), subDims(input[3]!, left + right)];
  context.tensor(0, context.dataType(0), [input[0]!, input[1]!, height ?? null, width ?? null]);
}

/** Members of this family. */
export const slicing = [
  ...defineOperators(['Slice'], { infer: slice }),
  ...defineOperators(['Gather'], { infer: gather }),
  ...defineOperators(['GatherElements'], {
    infer: (context) => context.tensor(0, context.dataType(0), context.shape(1)),
  }),
  ...defineOperators(['GatherND'], { infer: gatherNd }),
  ...defineOperators(['Concat'], { infer: concat }),
  ...defineOperators(['Split'], { infer: split }),
  ...defineOperators(['Pad'], { infer: pad }),
  ...defineOperators(['Crop'], { infer: crop }),
];
