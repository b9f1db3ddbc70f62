/** Convolutions: Conv, ConvTranspose, their integer forms, DeformConv. */
import { type DataType } from '../../graph/dataType';
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, productExpression, unknownCost, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, minDims, mulDims, RuleError, subDims } from '../dims';
import { needRank } from '../rules';
import { extentOf, slidingDim, windowOf } from '../window';

/** Output shape of a convolution of `input` [N, C, …] by `weight` [M, C/g, …]. */
export function convolutionShape(context: InferenceContext, input?: Shape, weight?: Shape): Shape | undefined {
  if (!input) return weight && new Array<Dim>(weight.length).fill(null).map((dim, i) => (i === 1 ? weight[0]! : dim));
  needRank(input, 3);
  if (weight && weight.length !== input.length) {
    throw new RuleError(`input and weight have ${input.length} and ${weight.length} dimensions`);
  }
  const window = windowOf(context.node, input.length - 2, weight);
  return [input[0]!, weight?.[0] ?? null, ...input.slice(2).map((dim, axis) => slidingDim(dim, window, axis))];
}

/** [N, …, C] as [N, C, …]. */
export function channelsFirst(shape: Shape | undefined): Shape | undefined {
  return shape && [shape[0]!, shape[shape.length - 1]!, ...shape.slice(1, -1)];
}

/** [N, C, …] as [N, …, C]. */
export function channelsLast(shape: Shape | undefined): Shape | undefined {
  return shape && [shape[0]!, ...shape.slice(2), shape[1]!];
}

function transposedShape(context: InferenceContext): Shape | undefined {
  const [input, weight] = [context.shape(0), context.shape(1)];
  if (!input) return undefined;
  needRank(input, 3);
  const rank = input.length - 2;
  const window = windowOf(context.node, rank, weight);
  const channels = mulDims(weight?.[1] ?? null, context.node.int('group', 1));
  const fixed = context.node.ints('output_shape');
  const extra = context.node.ints('output_padding');
  const spatial = input.slice(2).map((dim, axis): Dim => {
    if (fixed && fixed.length >= rank) return fixed[fixed.length - rank + axis]!;
    const stride = window.strides[axis]!;
    const reach = addDims(extentOf(window, axis), extra?.[axis] ?? 0);
    // Padding only takes away: a kernel that reaches less far than its stride leaves the last positions out.
    if (window.autoPad.startsWith('SAME')) return addDims(mulDims(dim, stride), minDims(subDims(reach, stride), 0));
    const pads = window.autoPad === 'VALID' ? 0 : window.pads[axis]! + window.pads[axis + rank]!;
    return subDims(addDims(mulDims(subDims(dim, 1), stride), reach), pads);
  });
  return [input[0]!, channels, ...spatial];
}

/** N · ΠO · Cout · (Cin/g) · Πk: the weight's own elements are Cout · (Cin/g) · Πk. */
export function convolutionCost(context: CostContext, weightIndex = 1, biasIndex = 2): Cost {
  const [output, weight] = [context.outputShape(0), context.shape(weightIndex)];
  if (!output || !weight) return unknownCost;
  const macs = productExpression([output[0], ...output.slice(2), ...weight]);
  const biased = context.node.input(biasIndex) !== undefined;
  return macCost(macs, biased ? sizeExpression(output) : 0);
}

/** N · Πin · Cin · (Cout/g) · Πk: every input element is multiplied by the whole kernel. */
function transposedCost(context: CostContext): Cost {
  const [input, weight, output] = [context.shape(0), context.shape(1), context.outputShape(0)];
  if (!input || !weight) return unknownCost;
  const macs = productExpression([...input, ...weight.slice(1)]);
  return macCost(macs, context.node.input(2) ? sizeExpression(output) : 0);
}

/** A convolution whose output has the given element type (that of the input when absent). */
export function convolutionRule(weightIndex = 1, dataType?: (context: InferenceContext) => DataType | undefined) {
  return (context: InferenceContext): void => {
    const type = dataType ? dataType(context) : (context.dataType(0) ?? context.dataType(weightIndex));
    context.tensor(0, type, convolutionShape(context, context.shape(0), context.shape(weightIndex)));
  };
}

/** CausalConvWithState: depthwise over time, `k − 1` steps of the past given and handed on. */
function causal(context: InferenceContext): void {
  const [input, weight] = [context.shape(0), context.shape(1)];
  context.tensor(0, context.dataType(0), input);
  const past = subDims(weight?.[2] ?? null, 1);
  const state = context.shape(3) ?? (input?.length === 3 ? [input[0]!, input[1]!, past] : undefined);
  context.tensor(1, context.dataType(0), state);
}

/** Members of this family. */
export const convolutions = [
  ...defineOperators(['Conv'], { infer: convolutionRule(), cost: (context) => convolutionCost(context) }),
  ...defineOperators(['DeformConv'], {
    infer: convolutionRule(),
    cost: (context) => convolutionCost(context, 1, 3),
  }),
  ...defineOperators(['ConvInteger'], {
    infer: convolutionRule(1, () => 'int32'),
    cost: (context) => convolutionCost(context, 1, Infinity),
  }),
  ...defineOperators(['QLinearConv'], {
    infer: convolutionRule(3, (context) => context.dataType(7) ?? context.dataType(0)),
    cost: (context) => convolutionCost(context, 3, 8),
  }),
  ...defineOperators(['ConvTranspose'], {
    infer: (context) => context.tensor(0, context.dataType(0), transposedShape(context)),
    cost: transposedCost,
  }),
  ...defineOperators(['CausalConvWithState'], { infer: causal, cost: (context) => convolutionCost(context) }),
];
