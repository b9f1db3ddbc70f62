/** Operators that only rearrange: Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Expand, Tile, and Shape and Size. */
import { Expression } from '../../graph/expression';
import { canonicalDim, countElements, type Dim, type Shape } from '../../graph/shape';
import { broadcastContents, indicesOf, scalarContents, stridesOf, vectorContents } from '../contents';
import { sizeExpression } from '../cost';
import { defineOperators, type InferenceContext, type PartialContents } from '../definition';
import { broadcastShapes, floorDivDims, mulDims, normalAxis, productOf, RuleError, unknownDims } from '../dims';
import { axesOf, lengthOf } from '../rules';

/** Passes contents on when only the shape changes. */
function reshapedContents(context: InferenceContext, shape: Shape | undefined): void {
  const contents = context.contents(0);
  if (!contents || !shape || !shape.every((dim): dim is number => typeof dim === 'number')) return;
  if (countElements(shape) === contents.elements.length) context.setContents(0, { shape, elements: contents.elements });
}

function setReshaped(context: InferenceContext, shape: Shape | undefined): void {
  context.tensor(0, context.dataType(0), shape);
  reshapedContents(context, shape);
}

/** 0 copies the dimension (unless allowzero), -1 takes what is left. */
function reshape(context: InferenceContext): void {
  const target = context.node.ints('shape') ?? context.contents(1)?.elements;
  if (!target) {
    const rank = lengthOf(context, 1);
    return context.tensor(0, context.dataType(0), rank === undefined ? undefined : unknownDims(rank));
  }
  setReshaped(context, reshapedTo(context.shape(0), target, context.node.int('allowzero', 0) === 1));
}

function reshapedTo(input: Shape | undefined, target: readonly Dim[], allowZero: boolean): Shape {
  const shape = target.map((dim, axis) => (dim === 0 && !allowZero ? (input?.[axis] ?? null) : dim));
  const free = shape.indexOf(-1);
  if (free >= 0) shape[free] = remainder(input, target, shape, free, allowZero);
  else fillUnknown(input, shape);
  return shape;
}

/** Elements that are left for axis -1. Axes copied by 0 cancel even when they are unknown. */
function remainder(input: Shape | undefined, target: readonly Dim[], shape: Dim[], free: number, zero: boolean): Dim {
  if (!input) return null;
  const copied = new Set(target.flatMap((dim, axis) => (dim === 0 && !zero ? [axis] : [])));
  const total = productOf(input.filter((_, axis) => !copied.has(axis)));
  const others = productOf(shape.filter((_, axis) => axis !== free && !copied.has(axis)));
  if (typeof total === 'number' && typeof others === 'number') {
    if (others === 0) return total === 0 ? null : 0;
    if (total % others !== 0) throw new RuleError(`${total} elements do not fit into a shape with ${others}`);
  }
  return floorDivDims(total, others);
}

/** One unknown dimension follows from the number of elements. */
function fillUnknown(input: Shape | undefined, shape: Dim[]): void {
  const unknown = shape.flatMap((dim, axis) => (dim === null ? [axis] : []));
  const total = sizeExpression(input);
  if (unknown.length !== 1 || !total) return;
  const others = productOf(shape.filter((dim) => dim !== null));
  const exact = others === null || others === 0 ? undefined : total.divideExactly(Expression.of(others));
  if (exact) shape[unknown[0]!] = canonicalDim(exact);
}

function flatten(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), unknownDims(2));
  const at = context.node.int('axis', 1);
  const axis = at < 0 ? at + input.length : at;
  if (axis < 0 || axis > input.length) throw new RuleError(`axis ${at} is outside rank ${input.length}`);
  setReshaped(context, [productOf(input.slice(0, axis)), productOf(input.slice(axis))]);
}

function squeeze(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const axes = axesOf(context, 1, input.length);
  if (axes === 'unknown') {
    const count = lengthOf(context, 1);
    return context.tensor(0, context.dataType(0), count ? unknownDims(input.length - count) : undefined);
  }
  if (axes === 'none') {
    // Without axes every dimension of 1 goes; an unknown one may or may not.
    const certain = input.every((dim) => typeof dim === 'number');
    return setReshaped(context, certain ? input.filter((dim) => dim !== 1) : undefined);
  }
  const wrong = axes.find((axis) => typeof input[axis] === 'number' && input[axis] !== 1);
  if (wrong !== undefined) throw new RuleError(`axis ${wrong} has ${String(input[wrong])} elements`);
  setReshaped(
    context,
    input.filter((_, axis) => !axes.includes(axis)),
  );
}

function unsqueeze(context: InferenceContext): void {
  const input = context.shape(0);
  const given = context.node.ints('axes') ?? context.numbers(1);
  if (!given) {
    const count = lengthOf(context, 1);
    const rank = input && count !== undefined ? input.length + count : undefined;
    return context.tensor(0, context.dataType(0), rank === undefined ? undefined : unknownDims(rank));
  }
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const rank = input.length + given.length;
  const axes = new Set(given.map((axis) => normalAxis(axis, rank)));
  const rest = [...input];
  setReshaped(
    context,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!)),
  );
}

function transpose(context: InferenceContext): void {
  const input = context.shape(0);
  const order = context.node.ints('perm');
  if (!input) return context.tensor(0, context.dataType(0), order && unknownDims(order.length));
  const perm = order ?? input.map((_, axis) => input.length - 1 - axis);
  if (perm.length !== input.length) throw new RuleError(`perm has ${perm.length} axes for rank ${input.length}`);
  const axes = perm.map((axis) => normalAxis(axis, input.length));
  if (new Set(axes).size !== axes.length) throw new RuleError(`perm ${perm.join()} repeats an axis`);
  context.tensor(
    0,
    context.dataType(0),
    axes.map((axis) => input[axis]!),
  );
  const contents = context.contents(0);
  if (contents) context.setContents(0, transposed(contents, axes));
}

function transposed(contents: PartialContents, perm: readonly number[]): PartialContents {
  const shape = perm.map((axis) => contents.shape[axis]!);
  const strides = stridesOf(contents.shape);
  const elements = indicesOf(shape).map((index) => {
    const at = index.reduce((sum, position, axis) => sum + position * strides[perm[axis]!]!, 0);
    return contents.elements[at]!;
  });
  return { shape, elements };
}

/** Dimensions as a vector, from `start` to `end` since opset 15. */
function shapeOf(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, 'int64', [null]);
  const clamp = (axis: number): number => Math.min(input.length, Math.max(0, axis < 0 ? axis + input.length : axis));
  const dims = input.slice(clamp(context.node.int('start', 0)), clamp(context.node.int('end', input.length)));
  context.tensor(0, 'int64', [dims.length]);
  context.setContents(0, vectorContents(dims));
}

function size(context: InferenceContext): void {
  context.tensor(0, 'int64', []);
  const input = context.shape(0);
  if (input) context.setContents(0, scalarContents(productOf(input)));
}

function expand(context: InferenceContext): void {
  const [input, target] = [context.shape(0), context.contents(1)?.elements];
  if (!target) {
    const length = lengthOf(context, 1);
    const unknown = length === undefined ? undefined : unknownDims(length);
    return context.tensor(0, context.dataType(0), broadcastShapes([input, unknown]));
  }
  const shape = broadcastShapes([input, target]);
  context.tensor(0, context.dataType(0), shape);
  const contents = context.contents(0);
  const concrete = shape?.every((dim): dim is number => typeof dim === 'number') ? shape : undefined;
  if (contents && concrete) context.setContents(0, broadcastContents(contents, concrete));
}

function tile(context: InferenceContext): void {
  const [input, repeats] = [context.shape(0), context.contents(1)?.elements];
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  if (context.opset < 6) {
    // Opset 1: inputs `tiles` and `axis`, one number each.
    const [tiles, axis] = [repeats?.[0] ?? null, context.numbers(2)?.[0]];
    const shape = input.map((dim, at) => (axis === undefined ? null : at === axis ? mulDims(dim, tiles) : dim));
    return context.tensor(0, context.dataType(0), shape);
  }
  context.tensor(
    0,
    context.dataType(0),
    input.map((dim, axis) => mulDims(dim, repeats?.[axis] ?? null)),
  );
  const contents = context.contents(0);
  const [times] = context.numbers(1) ?? [];
  if (contents?.shape.length === 1 && times !== undefined && times * contents.elements.length <= 1024) {
    const elements = Array.from({ length: times }, () => contents.elements).flat();
    context.setContents(0, vectorContents(elements));
  }
}

/** Members of this family. */
export const reshaping = [
  ...defineOperators(['Reshape'], { infer: reshape }),
  ...defineOperators(['Flatten'], { infer: flatten }),
  ...defineOperators(['Squeeze'], { infer: squeeze }),
  ...defineOperators(['Unsqueeze'], { infer: unsqueeze }),
  ...defineOperators(['Transpose'], { infer: transpose }),
  ...defineOperators(['Shape'], { infer: shapeOf }),
  ...defineOperators(['Size'], { infer: size }),
  ...defineOperators(['Expand'], { infer: expand }),
  ...defineOperators(['Tile'], { infer: tile }),
];
