/** Reductions along axes, arg-max, cumulative sums, TopK. */
import { countElements, type Dim, type Shape } from '../../graph/shape';
import { perInputElement } from '../cost';

import { defineOperators, type InferenceContext, type PartialContents } from '../definition';
import { addDims, maxDims, minDims, mulDims, normalAxis, unknownDims, withDim } from '../dims';
import { axesOf, lengthOf, sameAsInput } from '../rules';

function reducedShape(context: InferenceContext): Shape | undefined {
  const input = context.shape(0);
  if (!input) return undefined;
  const { node } = context;
  const keep = node.int('keepdims', 1) === 1;
  const axes = axesOf(context, 1, input.length);
  if (axes === 'unknown') return unknownAxes(context, input, keep);
  const none = axes === 'none' || axes.length === 0;
  if (none && node.int('noop_with_empty_axes', 0) === 1) return input;
  const gone = new Set(none ? input.map((_, axis) => axis) : axes);
  return keep ? input.map((dim, axis) => (gone.has(axis) ? 1 : dim)) : input.filter((_, axis) => !gone.has(axis));
}

function unknownAxes(context: InferenceContext, input: Shape, keep: boolean): Shape | undefined {
  if (keep) return unknownDims(input.length);
  const count = lengthOf(context, 1);
  return count === undefined || count === 0 ? undefined : unknownDims(Math.max(0, input.length - count));
}

type Fold = (a: Dim, b: Dim) => Dim;

function reduce(fold?: Fold) {
  return (context: InferenceContext): void => {
    const shape = reducedShape(context);
    context.tensor(0, context.dataType(0), shape);
    const contents = fold && context.contents(0);
    const everything = shape?.every((dim) => dim === 1) ?? false;
    if (contents && everything) context.setContents(0, foldAll(contents, fold, shape!.length));
  };
}

function foldAll(contents: PartialContents, fold: Fold, rank: number): PartialContents | undefined {
  const [first, ...rest] = contents.elements;
  if (first === undefined || countElements(contents.shape) === 0) return undefined;
  return { shape: new Array<number>(rank).fill(1), elements: [rest.reduce<Dim>(fold, first)] };
}

function argument(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, 'int64', undefined);
  const axis = normalAxis(context.node.int('axis', 0), input.length);
  const keep = context.node.int('keepdims', 1) === 1;
  context.tensor(0, 'int64', keep ? withDim(input, axis, 1) : input.filter((_, index) => index !== axis));
}

/** Values and indices: the axis gets the length K (attribute until opset 9). */
function topK(context: InferenceContext): void {
  const input = context.shape(0);
  const k = context.node.int('k') ?? context.contents(1)?.elements[0] ?? null;
  const axis = input && normalAxis(context.node.int('axis', -1), input.length);
  const shape = input && withDim(input, axis!, k);
  context.tensor(0, context.dataType(0), shape);
  context.tensor(1, 'int64', shape);
}

const rules = (fold?: Fold, operations = 1) => ({ infer: reduce(fold), cost: perInputElement(operations) });

/** Members of this family. */
export const reductions = [
  ...defineOperators(['ReduceSum'], rules(addDims)),
  ...defineOperators(['ReduceProd'], rules(mulDims)),
  ...defineOperators(['ReduceMax'], rules(maxDims)),
  ...defineOperators(['ReduceMin'], rules(minDims)),
  ...defineOperators(['ReduceMean', 'ReduceL1'], rules()),
  ...defineOperators(['ReduceL2', 'ReduceSumSquare', 'ReduceLogSum'], rules(undefined, 2)),
  ...defineOperators(['ReduceLogSumExp'], rules(undefined, 3)),
  ...defineOperators(['ArgMax', 'ArgMin'], { infer: argument, cost: perInputElement() }),
  ...defineOperators(['TopK'], { infer: topK, cost: perInputElement() }),
  ...defineOperators(['CumSum', 'CumProd'], { infer: sameAsInput, cost: perInputElement() }),
];
