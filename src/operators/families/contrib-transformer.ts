/** Fused transformer operators of com.microsoft. */
import { type Dim } from '../../graph/shape';
import { addCosts, macCost, perElement, pointwise, productExpression, unknownCost } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, floorDivDims, withDim } from '../dims';
import { sameAsInput } from '../rules';

const domain = 'com.microsoft';

/** Widths of query, key and value: a third of the weight each, unless qkv_hidden_sizes says otherwise. */
function qkvSizes(context: { node: InferenceContext['node'] }, weightColumns: Dim): readonly Dim[] {
  const given = context.node.ints('qkv_hidden_sizes');
  if (given?.length === 3) return given;
  const third = floorDivDims(weightColumns, 3);
  return [third, third, third];
}

/** Attention over input [B, L, E] with the packed projection [E, Q+K+V]; past and present [2, B, heads, T, d]. */
function attention(context: InferenceContext): void {
  const [input, weight, bias] = [context.shape(0), context.shape(1), context.shape(2)];
  const sizes = qkvSizes(context, weight?.[1] ?? bias?.[0] ?? null);
  context.tensor(0, context.dataType(0), input && withDim(input, 2, sizes[2] ?? null));
  const heads = context.node.int('num_heads', 1);
  const past = context.shape(4);
  if (!input) return context.tensor(1, context.dataType(0), undefined);
  const total = context.has(4) ? addDims(past?.[3] ?? null, input[1]!) : input[1]!;
  context.tensor(1, context.dataType(0), [2, input[0]!, heads, total, floorDivDims(sizes[0] ?? null, heads)]);
}

/** Projections B·L·E·(Q+K+V), then scores and their product with the values: B·L·S·(Q+V). */
export function packedAttentionCost(context: CostContext, past = 4): Cost {
  const [input, weight] = [context.shape(0), context.shape(1)];
  if (input?.length !== 3 || !weight) return unknownCost;
  const sizes = qkvSizes(context, weight[1] ?? null);
  const [batch, length] = input as [Dim, Dim, Dim];
  const pastLength = context.shape(past)?.[3];
  const total = pastLength === undefined ? length : addDims(pastLength, length);
  const projections = productExpression([batch, length, ...weight]);
  const products = productExpression([batch, length, total, addDims(sizes[0]!, sizes[2]!)]);
  const softmax = productExpression([batch, context.node.int('num_heads', 1), length, total]);
  return addCosts(macCost(projections), macCost(products, softmax?.mul(5)));
}

function embedLayerNormalization(context: InferenceContext): void {
  const ids = context.shape(0);
  const hidden = context.shape(2)?.[1] ?? context.shape(5)?.[0] ?? null;
  const type = context.dataType(2) ?? context.dataType(5);
  const shape = ids && [ids[0] ?? null, ids[1] ?? null, hidden];
  context.tensor(0, type, shape);
  context.tensor(1, 'int32', ids && [ids[0] ?? null]);
  context.tensor(2, type, shape);
}

/** Output, mean, inverse deviation, sum of input and skip. */
function skipNormalization(context: InferenceContext): void {
  sameAsInput(context);
  const input = context.shape(0);
  const reduced = input && withDim(input, input.length - 1, 1);
  context.tensor(1, 'float', reduced);
  context.tensor(2, 'float', reduced);
  context.tensor(3, context.dataType(0), input);
}

/** The quantized form: past is input 8; the output is as precise as the scale of the input. */
function quantizedAttention(context: InferenceContext): void {
  const [input, weight] = [context.shape(0), context.shape(1)];
  const type = context.dataType(3) ?? 'float';
  const width = floorDivDims(weight?.[1] ?? null, 3);
  context.tensor(0, type, input && withDim(input, 2, width));
  const heads = context.node.int('num_heads', 1);
  const total = context.has(8) ? addDims(context.shape(8)?.[3] ?? null, input?.[1] ?? null) : (input?.[1] ?? null);
  context.tensor(1, type, input && [2, input[0]!, heads, total, floorDivDims(width, heads)]);
}

/** Members of this family. */
export const contribTransformer = [
  ...defineOperators(['Attention'], { infer: attention, cost: (context) => packedAttentionCost(context) }, domain),
  ...defineOperators(
    ['DecoderMaskedSelfAttention'],
    { infer: attention, cost: (context) => packedAttentionCost(context) },
    domain,
  ),
  ...defineOperators(
    ['QAttention'],
    { infer: quantizedAttention, cost: (context) => packedAttentionCost(context, 8) },
    domain,
  ),
  ...defineOperators(
    ['RotaryEmbedding'],
    { infer: sameAsInput, cost: (context) => perElement(context.outputShape(0), 3) },
    domain,
  ),
  ...defineOperators(
    ['EmbedLayerNormalization'],
    { infer: embedLayerNormalization, cost: (context) => perElement(context.outputShape(0), 7) },
    domain,
  ),
  ...defineOperators(
    ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'],
    { infer: skipNormalization, cost: (context) => perElement(context.outputShape(0), 6) },
    domain,
  ),
  ...defineOperators(['FastGelu', 'BiasGelu'], { infer: sameAsInput, cost: pointwise(2) }, domain),
  ...defineOperators(['Gelu', 'QuickGelu'], { infer: sameAsInput, cost: pointwise() }, domain),
];
