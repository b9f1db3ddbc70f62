/** Pooling over windows and over whole axes. */
import { type Shape } from '../../graph/shape';
import { flopCost, noCost, productExpression, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, mulDims, subDims } from '../dims';
import { needRank } from '../rules';
import { extentOf, slidingDim, windowOf } from '../window';

/** [N, C, spatial…] after pooling. */
export function pooledShape(context: InferenceContext, input: Shape | undefined): Shape | undefined {
  if (!input) return undefined;
  needRank(input, 3);
  const window = windowOf(context.node, input.length - 2);
  return [input[0]!, input[1]!, ...input.slice(2).map((dim, axis) => slidingDim(dim, window, axis))];
}

function pool(context: InferenceContext): void {
  const shape = pooledShape(context, context.shape(0));
  context.tensor(0, context.dataType(0), shape);
  context.tensor(1, 'int64', shape);
}

/** One operation per window element. */
export function poolCost(context: CostContext): Cost {
  const output = context.outputShape(0);
  const kernel = context.node.ints('kernel_shape') ?? [];
  return flopCost(output && productExpression([...output, ...kernel]));
}

function global(context: InferenceContext): void {
  const input = context.shape(0);
  context.tensor(
    0,
    context.dataType(0),
    input?.map((dim, axis) => (axis < 2 ? dim : 1)),
  );
}

/** Inputs summed, outputs divided. */
function globalCost(context: CostContext): Cost {
  const [input, output] = [sizeExpression(context.shape(0)), sizeExpression(context.outputShape(0))];
  return flopCost(input && output && input.add(output));
}

/** Undoes MaxPool: the output size is that of the window's inverse, unless given as the third input. */
function unpool(context: InferenceContext): void {
  const input = context.shape(0);
  const given = context.contents(2)?.elements;
  if (given) return context.tensor(0, context.dataType(0), given);
  if (context.has(2) || !input) return context.tensor(0, context.dataType(0), input && input.map(() => null));
  const rank = input.length - 2;
  const window = windowOf(context.node, rank);
  const spatial = input.slice(2).map((dim, axis) => {
    const pads = window.pads[axis]! + window.pads[axis + rank]!;
    return subDims(addDims(mulDims(subDims(dim, 1), window.strides[axis]!), extentOf(window, axis)), pads);
  });
  context.tensor(0, context.dataType(0), [input[0]!, input[1]!, ...spatial]);
}

/** MaxRoiPool: one window grid per region. */
function roiPool(context: InferenceContext): void {
  const [input, regions] = [context.shape(0), context.shape(1)];
  const size = context.node.ints('pooled_shape');
  if (size) context.tensor(0, context.dataType(0), [regions?.[0] ?? null, input?.[1] ?? null, ...size]);
}

/** Members of this family. */
export const pooling = [
  ...defineOperators(['MaxPool', 'AveragePool', 'LpPool'], { infer: pool, cost: poolCost }),
  ...defineOperators(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], { infer: global, cost: globalCost }),
  ...defineOperators(['MaxUnpool'], { infer: unpool, cost: () => noCost }),
  ...defineOperators(['MaxRoiPool'], { infer: roiPool, cost: globalCost }),
];
