/** Operators that make tensors: constants, ranges, random numbers, one-hot, and shapes that only running tells. */
import { type DataType, dataTypeOfCode } from '../../graph/dataType';
import { countElements, type Dim, type Shape, tensorType } from '../../graph/shape';
import { pointwise } from '../cost';
import { contentsOfTensor, MAX_ELEMENTS, scalarContents, vectorContents } from '../contents';
import { defineOperators, type InferenceContext } from '../definition';
import { ceilDivDims, maxDims, mulDims, subDims, unknownDims } from '../dims';
import { lengthOf, scalarOf } from '../rules';

function constant(context: InferenceContext): void {
  const { node } = context;
  const payload = node.attributes.values().next().value?.payload;
  switch (payload?.kind) {
    case 'tensor':
      context.tensor(0, payload.value.dataType, payload.value.shape);
      return context.setContents(0, contentsOfTensor(payload.value));
    case 'sparse-tensor':
      return context.tensor(0, payload.value.values.dataType, payload.value.shape);
    case 'int':
    case 'float':
      context.tensor(0, payload.kind === 'int' ? 'int64' : 'float', []);
      return context.setContents(0, scalarContents(Number(payload.value)));
    case 'ints':
    case 'floats':
      context.tensor(0, payload.kind === 'ints' ? 'int64' : 'float', [payload.value.length]);
      return context.setContents(0, vectorContents(payload.value.map(Number)));
    case 'string':
      return context.tensor(0, 'string', []);
    case 'strings':
      return context.tensor(0, 'string', [payload.value.length]);
    default:
      return context.warn('inference-failed', 'A Constant node has no value.');
  }
}

/** The shape that the elements of input `index` spell out. */
function shapeFromInput(context: InferenceContext, index: number): Shape | undefined {
  const elements = context.contents(index)?.elements;
  if (elements) return elements;
  const length = lengthOf(context, index);
  return length === undefined ? undefined : unknownDims(length);
}

function constantOfShape(context: InferenceContext): void {
  const value = context.node.tensor('value');
  const shape = shapeFromInput(context, 0);
  context.tensor(0, value?.dataType ?? 'float', shape);
  const fill = value ? contentsOfTensor(value)?.elements[0] : 0;
  const concrete = shape?.every((dim): dim is number => typeof dim === 'number') ? shape : undefined;
  if (fill === undefined || !concrete || countElements(concrete) > MAX_ELEMENTS) return;
  context.setContents(0, { shape: concrete, elements: new Array<Dim>(countElements(concrete)).fill(fill) });
}

/** max(⌈(limit − start) / delta⌉, 0) elements. */
function range(context: InferenceContext): void {
  const [start, limit, delta] = [0, 1, 2].map((index) => scalarOf(context.contents(index)) ?? null);
  const type = context.dataType(0) ?? context.dataType(1) ?? context.dataType(2);
  context.tensor(0, type, [rangeLength(start!, limit!, delta!)]);
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number' || delta === 0) return;
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (length > MAX_ELEMENTS) return;
  context.setContents(0, vectorContents(Array.from({ length }, (_, index) => start + index * delta)));
}

function rangeLength(start: Dim, limit: Dim, delta: Dim): Dim {
  if (delta === 0) return null;
  const negative = typeof delta === 'number' && delta < 0;
  const room = negative ? subDims(start, limit) : subDims(limit, start);
  const length = ceilDivDims(room, negative ? mulDims(delta, -1) : delta);
  return typeof length === 'number' ? maxDims(length, 0) : length;
}

function typed(context: InferenceContext, fallback: DataType | undefined): DataType | undefined {
  const code = context.node.int('dtype');
  return code === undefined ? fallback : dataTypeOfCode(code);
}

/** RandomNormal and RandomUniform: the shape is an attribute. */
function random(context: InferenceContext): void {
  context.tensor(0, typed(context, 'float'), context.node.ints('shape'));
}

/** Same shape as the input; the element type unless `dtype` says another. */
function like(context: InferenceContext): void {
  context.tensor(0, typed(context, context.dataType(0)), context.shape(0));
}

function multinomial(context: InferenceContext): void {
  const batch = context.shape(0)?.[0] ?? null;
  context.tensor(0, typed(context, 'int32'), [batch, context.node.int('sample_size', 1)]);
}

function oneHot(context: InferenceContext): void {
  const indices = context.shape(0);
  const depth = scalarOf(context.contents(1)) ?? null;
  if (!indices) return context.tensor(0, context.dataType(2), undefined);
  const at = context.node.int('axis', -1);
  const axis = at < 0 ? at + indices.length + 1 : at;
  context.tensor(0, context.dataType(2), [...indices.slice(0, axis), depth, ...indices.slice(axis)]);
}

/** [rank, count]: the count is known only when the contents are. */
function nonZero(context: InferenceContext): void {
  const rank = context.shape(0)?.length ?? null;
  context.tensor(0, 'int64', [rank, countSymbol(context)]);
}

/** A symbol for a count that only running tells, named after the output it belongs to. */
function countSymbol(context: InferenceContext, index = 0): Dim {
  return context.freshSymbol(`${context.node.output(index)?.name ?? 'count'}_count`);
}

function compress(context: InferenceContext): void {
  const input = context.shape(0);
  const axis = context.node.int('axis');
  const flags = context.numbers(1);
  const count = flags ? flags.filter((flag) => flag !== 0).length : countSymbol(context);
  if (axis === undefined) return context.tensor(0, context.dataType(0), [count]);
  const at = input && (axis < 0 ? axis + input.length : axis);
  context.tensor(
    0,
    context.dataType(0),
    input?.map((dim, index) => (index === at ? count : dim)),
  );
}

function unique(context: InferenceContext): void {
  const input = context.shape(0);
  const axis = context.node.int('axis');
  const count = countSymbol(context);
  const at = input && axis !== undefined ? (axis < 0 ? axis + input.length : axis) : undefined;
  const values = axis === undefined ? [count] : input?.map((dim, index) => (index === at ? count : dim));
  const length = axis === undefined ? input?.reduce<Dim>((product, dim) => mulDims(product, dim), 1) : input?.[at!];
  context.tensor(0, context.dataType(0), values);
  context.tensor(1, 'int64', [count]);
  context.tensor(2, 'int64', [length ?? null]);
  context.tensor(3, 'int64', [count]);
}

/** Members of this family. */
export const generators = [
  ...defineOperators(['Constant'], { infer: constant }),
  ...defineOperators(['ConstantOfShape'], { infer: constantOfShape }),
  ...defineOperators(['Range'], { infer: range }),
  ...defineOperators(['RandomNormal', 'RandomUniform'], { infer: random }),
  ...defineOperators(['RandomNormalLike', 'RandomUniformLike', 'EyeLike'], { infer: like }),
  ...defineOperators(['Bernoulli'], { infer: like, cost: pointwise() }),
  ...defineOperators(['Multinomial'], { infer: multinomial }),
  ...defineOperators(['OneHot'], { infer: oneHot }),
  ...defineOperators(['NonZero'], { infer: nonZero }),
  ...defineOperators(['Compress'], { infer: compress }),
  ...defineOperators(['Unique'], { infer: unique }),
  ...defineOperators(['GivenTensorFill'], {
    infer: (context) => context.output(0, tensorType('float', context.node.ints('shape'))),
  }),
];
