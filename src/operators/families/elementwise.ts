/** Elementwise arithmetic, comparison and logic with broadcasting, and the shape arithmetic that they carry. */
import { type Dim } from '../../graph/shape';
import { pointwise } from '../cost';
import { combineContents, divideElement, isIntegral, mapContents, snapFactor } from '../contents';
import { defineOperators, type InferenceContext, type PartialContents } from '../definition';
import { addDims, floorDivDims, maxDims, minDims, mulDims, subDims } from '../dims';
import { broadcastInputs, firstDataType } from '../rules';
import { Expression } from '../../graph/expression';

type Combine = (a: Dim, b: Dim) => Dim;

/** A binary operator whose result has the inputs' element type. */
function arithmetic(combine?: (context: InferenceContext) => Combine) {
  return (context: InferenceContext): void => {
    context.tensor(0, firstDataType(context, [0, 1]), broadcastInputs(context));
    if (combine) context.setContents(0, combineContents(context.contents(0), context.contents(1), combine(context)));
  };
}

/** A binary operator whose result is a truth value. */
function comparison(decide?: (a: Dim, b: Dim) => boolean | undefined) {
  return (context: InferenceContext): void => {
    context.tensor(0, 'bool', broadcastInputs(context));
    if (!decide) return;
    const combine: Combine = (a, b) => {
      const answer = decide(a, b);
      return answer === undefined ? null : Number(answer);
    };
    context.setContents(0, combineContents(context.contents(0), context.contents(1), combine));
  };
}

/** Sign of a − b where it is known for every value of the symbols. */
function compare(a: Dim, b: Dim): number | undefined {
  if (a === null || b === null) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b);
  return Expression.of(a).sub(b).sign;
}

/** A symbol is a length: it is never negative, which settles comparisons with -1. */
function equal(a: Dim, b: Dim): boolean | undefined {
  const sign = compare(a, b);
  return sign === undefined ? undefined : sign === 0;
}

const whole =
  (known: (a: number, b: number) => number): Combine =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? known(a, b) : null;

function divide(context: InferenceContext): Combine {
  if (!isIntegral(context.dataType(0) ?? context.dataType(1))) return divideElement;
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return b === 0 ? null : Math.trunc(a / b);
    return floorDivDims(a, b);
  };
}

function multiply(): Combine {
  const factor = (dim: Dim): Dim => (typeof dim === 'number' ? snapFactor(dim) : dim);
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? a * b : mulDims(factor(a), factor(b)));
}

function modulo(context: InferenceContext): Combine {
  const fmod = context.node.int('fmod', 0) === 1;
  return (a, b) => {
    if (b === 0) return null;
    if (typeof a === 'number' && typeof b === 'number') return fmod ? a % b : a - b * Math.floor(a / b);
    return fmod ? null : subDims(a, mulDims(floorDivDims(a, b), b));
  };
}

const and: Combine = (a, b) => (a === 0 || b === 0 ? 0 : a === null || b === null ? null : 1);
const or: Combine = (a, b) => (a === 1 || b === 1 ? 1 : a === null || b === null ? null : 0);

/** Max, Min, Sum, Mean over any number of inputs. */
function variadic(combine?: Combine) {
  return (context: InferenceContext): void => {
    const indices = context.node.inputs.map((_, index) => index);
    context.tensor(0, firstDataType(context, indices), broadcastInputs(context));
    if (!combine) return;
    let contents: PartialContents | undefined = context.contents(0);
    for (const index of indices.slice(1)) contents = combineContents(contents, context.contents(index), combine);
    context.setContents(0, contents);
  };
}

function where(context: InferenceContext): void {
  context.tensor(0, firstDataType(context, [1, 2]), broadcastInputs(context, [0, 1, 2]));
  const [condition, yes, no] = [context.contents(0), context.contents(1), context.contents(2)];
  // Two steps of two operands each: first spread the condition, keeping 1, 0 or unknown per element.
  const chosen = combineContents(condition, yes, (c, value) => (c === 1 ? value : null));
  const spread = combineContents(condition, yes, (c) => c);
  const fallback = combineContents(spread, no, (c, value) => (c === 0 ? value : null));
  const flags = fallback && combineContents(spread, no, (c) => c);
  const first = fallback && combineContents(chosen, no, (value) => value);
  if (!fallback || !flags || !first) return;
  const elements = flags.elements.map((flag, index) =>
    flag === 0 ? fallback.elements[index]! : first.elements[index]!,
  );
  context.setContents(0, { shape: flags.shape, elements });
}

function not(context: InferenceContext): void {
  context.tensor(0, 'bool', context.shape(0));
  context.setContents(
    0,
    mapContents(context.contents(0), (e) => (typeof e === 'number' ? 1 - e : null)),
  );
}

const bitwise = { infer: arithmetic(), cost: pointwise(), elementwise: true };

/** Members of this family. */
export const elementwise = [
  ...defineOperators(['Add'], { infer: arithmetic(() => addDims), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Sub'], { infer: arithmetic(() => subDims), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Mul'], { infer: arithmetic(multiply), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Div'], { infer: arithmetic(divide), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Mod'], { infer: arithmetic(modulo), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Pow'], {
    infer: arithmetic(() => whole((a, b) => a ** b)),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], bitwise),
  ...defineOperators(['And'], { infer: comparisonLike(and), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Or'], { infer: comparisonLike(or), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Xor'], {
    infer: comparisonLike(whole((a, b) => (a === b ? 0 : 1))),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['Equal'], { infer: comparison(equal), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Less'], {
    infer: comparison((a, b) => below(compare(a, b))),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['Greater'], {
    infer: comparison((a, b) => below(compare(b, a))),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['LessOrEqual'], {
    infer: comparison((a, b) => notAbove(compare(a, b))),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['GreaterOrEqual'], {
    infer: comparison((a, b) => notAbove(compare(b, a))),
    cost: pointwise(),
    elementwise: true,
  }),
  ...defineOperators(['Max'], { infer: variadic(maxDims), cost: variadicCost(), elementwise: true }),
  ...defineOperators(['Min'], { infer: variadic(minDims), cost: variadicCost(), elementwise: true }),
  ...defineOperators(['Sum'], { infer: variadic(addDims), cost: variadicCost(), elementwise: true }),
  ...defineOperators(['Mean'], { infer: variadic(), cost: variadicCost(), elementwise: true }),
  ...defineOperators(['Where'], { infer: where, cost: pointwise(), elementwise: true }),
  ...defineOperators(['Not'], { infer: not, cost: pointwise(), elementwise: true }),
];

function comparisonLike(combine: Combine) {
  return (context: InferenceContext): void => {
    context.tensor(0, 'bool', broadcastInputs(context));
    context.setContents(0, combineContents(context.contents(0), context.contents(1), combine));
  };
}

const below = (sign: number | undefined): boolean | undefined => (sign === undefined ? undefined : sign < 0);
const notAbove = (sign: number | undefined): boolean | undefined => (sign === undefined ? undefined : sign <= 0);

/** One operation per element and further input. */
function variadicCost(): ReturnType<typeof pointwise> {
  return (context) => pointwise(Math.max(1, context.node.inputs.length - 1))(context);
}
