/** Attention of ai.onnx (opset 23 on) and what comes with it: rotary embeddings, linear attention, gated activations. */
import { type Dim, type Shape } from '../../graph/shape';
import {
  addCosts,
  flopCost,
  macCost,
  perElement,
  pointwise,
  productExpression,
  unknownCost,
  sizeExpression,
} from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, floorDivDims, mulDims, unifyDims } from '../dims';
import { sameAsInput } from '../rules';
import { type Node } from '../../graph/node';

/** One of query, key, value as [batch, heads, length, size], whatever way it is packed. */
interface Heads {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly length: Dim;
  readonly size: Dim;
}

/** Unpacks [B, H, L, d] or [B, L, H·d]. */
function unpack(shape: Shape | undefined, heads: number | undefined): Heads | undefined {
  if (shape?.length === 4) return { batch: shape[0]!, heads: shape[1]!, length: shape[2]!, size: shape[3]! };
  if (shape?.length !== 3) return undefined;
  const count = heads ?? null;
  return { batch: shape[0]!, heads: count, length: shape[1]!, size: floorDivDims(shape[2]!, count) };
}

interface Parts {
  readonly query: Heads;
  readonly key: Heads;
  readonly value: Heads;
  /** Key positions, those of the past included. */
  readonly total: Dim;
  readonly packed: boolean;
}

function partsOf(node: Node, shapeOf: (index: number) => Shape | undefined): Parts | undefined {
  const [q, k] = [node.int('q_num_heads'), node.int('kv_num_heads')];
  const query = unpack(shapeOf(0), q);
  const key = unpack(shapeOf(1), k ?? q);
  const value = unpack(shapeOf(2), k ?? q);
  if (!query || !key || !value) return undefined;
  const past = node.input(4) ? (shapeOf(4)?.[2] ?? null) : 0;
  return { query, key, value, total: addDims(past, key.length), packed: shapeOf(0)?.length === 3 };
}

function attention(context: InferenceContext): void {
  const parts = partsOf(context.node, (index) => context.shape(index));
  const type = context.dataType(0);
  if (!parts) return context.tensor(0, type, undefined);
  const { query, key, value, total, packed } = parts;
  const batch = unifyDims(query.batch, unifyDims(key.batch, value.batch));
  const output = packed
    ? [batch, query.length, mulDims(query.heads, value.size)]
    : [batch, query.heads, query.length, value.size];
  context.tensor(0, type, output);
  context.tensor(1, context.dataType(1), [batch, key.heads, total, key.size]);
  context.tensor(2, context.dataType(2), [batch, value.heads, total, value.size]);
  context.tensor(3, type, [batch, query.heads, query.length, total]);
}

/** Scores Q·Kᵀ and their product with V: B · heads · Lq · Lk · (d + dv); softmax about five operations a score. */
function attentionCost(context: CostContext): Cost {
  const parts = partsOf(context.node, (index) => context.shape(index));
  if (!parts) return unknownCost;
  const { query, value, total } = parts;
  const scores = productExpression([query.batch, query.heads, query.length, total]);
  const width = productExpression([addDims(query.size, value.size)]);
  return scores && width ? macCost(scores.mul(width), scores.mul(5)) : unknownCost;
}

/** Always [B, heads, L, d] in; [B, heads, Lq, dv] out. Bodies that modify scores keep their shape. */
function flexAttention(context: InferenceContext): void {
  const [q, v] = [context.shape(0), context.shape(2)];
  const known = q?.length === 4 ? [q[0]!, q[1]!, q[2]!, v?.[3] ?? null] : undefined;
  context.tensor(0, context.dataType(0), known);
}

/** Output [B, T, Hq·dv]; state [B, Hkv, dk, dv] without a time axis. */
function linearAttention(context: InferenceContext): void {
  const { node } = context;
  const [query, value] = [context.shape(0), context.shape(2)];
  const [q, kv] = [node.int('q_num_heads') ?? null, node.int('kv_num_heads') ?? null];
  const key = context.shape(1);
  const size = floorDivDims(value?.[2] ?? null, kv);
  const batch = query?.[0] ?? key?.[0] ?? null;
  context.tensor(0, context.dataType(0), [batch, query?.[1] ?? null, mulDims(q, size)]);
  const state = [batch, kv, floorDivDims(key?.[2] ?? null, kv), size];
  context.tensor(1, context.dataType(3) ?? context.dataType(0), context.shape(3) ?? state);
}

/** Per step and head the state dk·dv is updated by k⊗v and read by q. */
function linearAttentionCost(context: CostContext): Cost {
  const { node } = context;
  const [query, key, value] = [context.shape(0), context.shape(1), context.shape(2)];
  const [q, kv] = [node.int('q_num_heads') ?? null, node.int('kv_num_heads') ?? null];
  const state = mulDims(floorDivDims(key?.[2] ?? null, kv), floorDivDims(value?.[2] ?? null, kv));
  const steps = [query?.[0], query?.[1]];
  const update = macCost(productExpression([...steps, kv, state]));
  return addCosts(update, macCost(productExpression([...steps, q, state])));
}

/** SwiGLU: a sigmoid, two products. */
const gated = { infer: sameAsInput, cost: pointwise(3), elementwise: true };

/** Two products and a sum for each element that turns. */
const rotary = { infer: sameAsInput, cost: (context: CostContext): Cost => perElement(context.outputShape(0), 3) };

/** Members of this family. */
export const attentions = [
  ...defineOperators(['Attention'], { infer: attention, cost: attentionCost }),
  ...defineOperators(['FlexAttention'], { infer: flexAttention, cost: attentionCost }, 'ai.onnx.preview'),
  ...defineOperators(['LinearAttention'], { infer: linearAttention, cost: linearAttentionCost }),
  ...defineOperators(['RotaryEmbedding'], rotary),
  ...defineOperators(['SwiGLU'], gated),
  ...losses(),
];

/** Negative log-likelihood of class scores [N, C, d1 …]: one number, or one per target when not reduced. */
function losses(): ReturnType<typeof defineOperators> {
  const infer = (context: InferenceContext): void => {
    const scores = context.shape(0);
    const reduced = context.node.string('reduction', 'mean') !== 'none';
    const targets = context.shape(1) ?? scores?.filter((_, axis) => axis !== 1);
    context.tensor(0, context.dataType(0), reduced ? [] : targets);
    context.tensor(1, context.dataType(0), scores);
  };
  const cost = (context: CostContext): Cost => flopCost(sizeExpression(context.shape(0))?.mul(5));
  return defineOperators(['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'], { infer, cost });
}
