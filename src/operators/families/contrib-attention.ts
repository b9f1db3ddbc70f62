/** Attention operators of com.microsoft that take query, key and value apart, packed, or without padding. */
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, productExpression, unknownCost } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, floorDivDims, maxDims, mulDims } from '../dims';
import { sameAsInput, scalarOf } from '../rules';
import { packedAttentionCost } from './contrib-transformer';

const domain = 'com.microsoft';

/** What the operators of this family have in common, whatever way the inputs are packed. */
interface Dims {
  readonly batch: Dim;
  readonly length: Dim;
  /** Width of all query heads, and of all value heads. */
  readonly width: Dim;
  readonly valueWidth: Dim;
  readonly headSize: Dim;
  readonly valueHeadSize: Dim;
  /** Key positions, without those of the past. */
  readonly keys: Dim;
}

type Shapes = Pick<CostContext, 'shape' | 'node'>;

/** Query [B, L, D] or packed [B, L, heads, 3, d]; key [B, S, D], [B, S, heads, 2, d] or [B, heads, S, d]. */
function multiHeadDims(context: Shapes): Dims | undefined {
  const heads = context.node.int('num_heads', 1);
  const [query, key, value] = [context.shape(0), context.shape(1), context.shape(2)];
  if (!query) return undefined;
  const [batch, length] = [query[0] ?? null, query[1] ?? null];
  if (query.length === 5) {
    const [headSize, width] = [query[4]!, mulDims(query[2]!, query[4]!)];
    return { batch, length, width, valueWidth: width, headSize, valueHeadSize: headSize, keys: length };
  }
  const width = query[2] ?? null;
  const headSize = floorDivDims(width, heads);
  const keys = key?.length === 4 ? key[2]! : (key?.[1] ?? null);
  const valueWidth = value?.length === 4 ? mulDims(value[1]!, value[3]!) : (value?.[2] ?? width);
  return { batch, length, width, valueWidth, headSize, valueHeadSize: floorDivDims(valueWidth, heads), keys };
}

/** Past key and value are inputs `past` and `past + 1`. */
function multiHeadAttention(past: number) {
  return (context: InferenceContext): void => {
    const dims = multiHeadDims(context);
    const type = context.dataType(0);
    if (!dims) return context.tensor(0, type, undefined);
    const { batch, length, valueWidth, headSize, valueHeadSize, keys } = dims;
    const heads = context.node.int('num_heads', 1);
    context.tensor(0, type, [batch, length, valueWidth]);
    const shared = context.node.int('past_present_share_buffer', 0) === 1;
    const before = context.shape(past);
    const total = shared ? (before?.[2] ?? null) : addDims(context.has(past) ? (before?.[2] ?? null) : 0, keys);
    context.tensor(1, type, [batch, heads, total, headSize]);
    context.tensor(2, type, [batch, heads, total, valueHeadSize]);
    context.tensor(3, type, [batch, heads, length, total]);
  };
}

/** B · L · S · (heads·d + heads·dv). */
function multiHeadCost(past: number) {
  return (context: CostContext): Cost => {
    const dims = multiHeadDims(context);
    if (!dims) return unknownCost;
    const before = context.node.input(past) ? (context.shape(past)?.[2] ?? null) : 0;
    return productsCost(context, dims, addDims(before, dims.keys));
  };
}

function productsCost(context: CostContext, { batch, length, width, valueWidth }: Dims, total: Dim): Cost {
  const products = productExpression([batch, length, total, addDims(width, valueWidth)]);
  const softmax = productExpression([batch, context.node.int('num_heads', 1), length, total]);
  return macCost(products, softmax?.mul(5));
}

/** Fewer key heads than query heads; without a key the query holds all three side by side. */
function groupDims(context: Shapes): Dims | undefined {
  const { node } = context;
  const [heads, kvHeads] = [node.int('num_heads', 1), node.int('kv_num_heads', node.int('num_heads', 1))];
  const query = context.shape(0);
  if (!query) return undefined;
  const packed = !node.input(1);
  const headSize = floorDivDims(query[2] ?? null, packed ? heads + 2 * kvHeads : heads);
  const width = mulDims(headSize, heads);
  const [batch, length] = [query[0] ?? null, query[1] ?? null];
  return { batch, length, width, valueWidth: width, headSize, valueHeadSize: headSize, keys: length };
}

/** Positions of the cache after this step: that of a shared buffer, or the past and the new ones. */
function cacheLength(past: Shape | undefined, hasPast: boolean, length: Dim, total: Dim | undefined): Dim {
  if (!hasPast) return total ?? length;
  const before = past?.[2] ?? null;
  return typeof before === 'number' && typeof total === 'number' ? maxDims(before, total) : addDims(before, length);
}

/** Total sequence length: input 6 of GroupQueryAttention. */
function groupQueryAttention(context: InferenceContext): void {
  const dims = groupDims(context);
  const type = context.dataType(0);
  if (!dims) return context.tensor(0, type, undefined);
  const kvHeads = context.node.int('kv_num_heads', context.node.int('num_heads', 1));
  context.tensor(0, type, [dims.batch, dims.length, dims.width]);
  const total = cacheLength(context.shape(3), context.has(3), dims.length, scalarOf(context.contents(6)) ?? undefined);
  const cache = [dims.batch, kvHeads, total, dims.headSize];
  context.tensor(1, context.dataType(3) ?? type, cache);
  context.tensor(2, context.dataType(4) ?? type, cache);
}

function groupQueryCost(context: CostContext): Cost {
  const dims = groupDims(context);
  if (!dims) return unknownCost;
  const total = context.outputShape(1)?.[2] ?? addDims(context.shape(3)?.[2] ?? 0, dims.length);
  return productsCost(context, dims, total);
}

/** Tokens without padding: [tokens, E] and the packed projection. */
function packedAttention(context: InferenceContext): void {
  const [input, weight] = [context.shape(0), context.shape(1)];
  const sizes = context.node.ints('qkv_hidden_sizes');
  const width = sizes?.[2] ?? floorDivDims(weight?.[1] ?? null, 3);
  context.tensor(0, context.dataType(0), input && [input[0]!, width]);
}

/** Sequences are at most as long as `token_offset` [B, S] says. */
function packedCost(context: CostContext): Cost {
  const [input, weight, offsets] = [context.shape(0), context.shape(1), context.shape(3)];
  const width = floorDivDims(weight?.[1] ?? null, 3);
  const projections = productExpression([...(input ?? [null]), weight?.[1]]);
  const products = productExpression([input?.[0], offsets?.[1], mulDims(width, 2)]);
  return macCost(projections && products?.add(projections));
}

/** [tokens, D], or all three packed as [tokens, heads, 3, d]. */
function packedMultiHead(context: InferenceContext): void {
  const [query, value] = [context.shape(0), context.shape(2)];
  const width = query?.length === 4 ? mulDims(query[1]!, query[3]!) : (value?.[1] ?? query?.[1] ?? null);
  context.tensor(0, context.dataType(0), query && [query[0]!, width]);
}

function packedMultiHeadCost(context: CostContext): Cost {
  const [output, offsets] = [context.outputShape(0), context.shape(4)];
  return macCost(productExpression([...(output ?? [null]), offsets?.[1], 2]));
}

/** Relative position bias [1, heads, query length, key length]. */
function positionBias(context: InferenceContext): void {
  const [query, key] = [scalarOf(context.contents(1)), scalarOf(context.contents(2))];
  context.tensor(0, context.dataType(0), [1, context.shape(0)?.[1] ?? null, query ?? null, key ?? null]);
}

/** Each query attends to a window on both sides. */
function longformerCost(context: CostContext): Cost {
  const input = context.shape(0);
  const window = context.node.int('window', 1);
  const projections = productExpression([...(input ?? [null]), context.shape(1)?.[1]]);
  const products = productExpression([...(input ?? [null]), 2 * (2 * window + 1)]);
  return macCost(projections && products?.add(projections));
}

/** Members of this family. */
export const contribAttention = [
  ...defineOperators(['MultiHeadAttention'], { infer: multiHeadAttention(6), cost: multiHeadCost(6) }, domain),
  ...defineOperators(
    ['DecoderMaskedMultiHeadAttention'],
    { infer: multiHeadAttention(5), cost: multiHeadCost(5) },
    domain,
  ),
  ...defineOperators(
    ['GroupQueryAttention', 'SparseAttention', 'PagedAttention'],
    { infer: groupQueryAttention, cost: groupQueryCost },
    domain,
  ),
  ...defineOperators(['PackedAttention'], { infer: packedAttention, cost: packedCost }, domain),
  ...defineOperators(['PackedMultiHeadAttention'], { infer: packedMultiHead, cost: packedMultiHeadCost }, domain),
  ...defineOperators(['RelativePositionBias'], { infer: positionBias }, domain),
  ...defineOperators(['LongformerAttention'], { infer: sameAsInput, cost: longformerCost }, domain),
  ...defineOperators(['DecoderAttention'], { infer: sameAsInput, cost: (c) => packedAttentionCost(c) }, domain),
];
