/** Building blocks of cost formulas (NUMERICS.md, section 1). */
import { Expression, type ExpressionLike } from '../graph/expression';
import { familyOf, isFloat } from '../graph/dataType';
import { type Dim, type Shape } from '../graph/shape';
import { type Cost, type CostContext } from './definition';

/** What costs nothing. */
export const noCost: Cost = { macs: Expression.zero, flops: Expression.zero };

/** What cannot be told from the shapes that are known. */
export const unknownCost: Cost = { macs: undefined, flops: undefined };

/** Products of longer expressions are not formed: they would take longer to multiply out than anybody to read. */
const MAX_TEXT = 1000;

/** Product of dimensions as an expression; undefined when one is unknown, or the product would be huge. */
export function productExpression(dims: readonly (Dim | undefined)[]): Expression | undefined {
  let known = 1;
  let product = Expression.one;
  for (const dim of dims) {
    if (dim === 0) return Expression.zero;
    if (dim === null || dim === undefined) return undefined;
    if (typeof dim === 'number') known *= dim;
    else if (product.key.length + dim.key.length > MAX_TEXT) return undefined;
    else product = product.mul(dim);
  }
  return product.mul(known);
}

/** Number of elements of a shape, likewise. */
export function sizeExpression(shape: Shape | undefined): Expression | undefined {
  return shape && productExpression(shape);
}

/** Multiply-accumulates, each two operations. */
export function macCost(macs: Expression | undefined, extraFlops: ExpressionLike | undefined = 0): Cost {
  if (!macs) return unknownCost;
  return { macs, flops: extraFlops === undefined ? undefined : macs.mul(2).add(extraFlops) };
}

/** Operations without multiply-accumulates. */
export function flopCost(flops: Expression | undefined): Cost {
  return { macs: Expression.zero, flops };
}

/** Both costs one after the other. */
export function addCosts(a: Cost, b: Cost): Cost {
  return {
    macs: a.macs && b.macs && a.macs.add(b.macs),
    flops: a.flops && b.flops && a.flops.add(b.flops),
  };
}

/** A cost that is paid `times` times. */
export function repeatCost(cost: Cost, times: Expression | undefined): Cost {
  return { macs: times && cost.macs?.mul(times), flops: times && cost.flops?.mul(times) };
}

/** `perElement` operations for each element of the given shape. */
export function perElement(shape: Shape | undefined, operations = 1): Cost {
  return flopCost(sizeExpression(shape)?.mul(operations));
}

/** True for nodes that calculate with numbers of the network, not with indices, masks or text. */
function isArithmetic(context: CostContext): boolean {
  for (const type of [context.outputDataType(0), context.dataType(0)]) {
    if (type && (isFloat(type) || familyOf(type) === 'complex' || type === 'int8' || type === 'uint8')) return true;
  }
  return false;
}

/** Cost rule of elementwise operators: `operations` per output element; integer index arithmetic is free. */
export function pointwise(operations = 1): (context: CostContext) => Cost {
  return (context) => (isArithmetic(context) ? perElement(context.outputShape(0), operations) : noCost);
}

/** Cost rule of operators that read each input element once. */
export function perInputElement(operations = 1): (context: CostContext) => Cost {
  return (context) => (isArithmetic(context) ? perElement(context.shape(0), operations) : noCost);
}
