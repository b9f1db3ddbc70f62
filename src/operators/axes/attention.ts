/** Fused attention and the fused norms around it. */
import { Attribute } from '../../graph/attribute';
import { RuleError } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed, type Label } from './label';
import { type NodeAxes } from './nodeAxes';
import { type Shrinking } from './shrinking';

const contrib = 'com.microsoft';

/**
 * com.microsoft.Attention: input [B, T, C], packed weight [C, 3·heads·width], bias. Whole heads leave q, k, v and the
 * output together.
 */
function relatePacked(axes: NodeAxes): void {
  const { node } = axes;
  const heads = node.int('num_heads', 1);
  const packed = axes.dims(1)[1]!;
  if (node.ints('qkv_hidden_sizes') || packed % (3 * heads) !== 0) throw new RuleError('q, k and v differ in size');
  // Past keys, a mask per head and the like have a heads axis of their own.
  if ([4, 5].some((index) => axes.has(index)) || node.int('do_rotary', 0) !== 0 || node.output(1)) {
    throw new RuleError('it hands on keys and values, or has a bias for each head');
  }
  const width = packed / 3 / heads;
  axes.contract([0, -1], [1, 0]);
  const whole = axes.fresh(heads, 'heads');
  const rows: Label = { ...whole, outer: 3, inner: width };
  axes.tieTo(rows, 1, 1);
  axes.produce(axes.label(1, 1));
  if (axes.has(2)) {
    axes.tieTo(rows, 2, 0);
    axes.produce(axes.label(2, 0));
  }
  axes.set(0, [axes.label(0, 0), axes.label(0, 1), { ...whole, inner: width }]);
}

function shrinkPacked(shrinking: Shrinking): void {
  const { node } = shrinking;
  const heads = node.int('num_heads', 1);
  const width = shrinking.dims(1)[1]! / heads;
  node.setAttribute(Attribute.int('num_heads', shrinking.keptAlong(1, 1) / width));
}

/** com.microsoft.MultiHeadAttention on separate q, k, v of [B, T, heads·width]. */
function relateSeparate(axes: NodeAxes): void {
  const { node } = axes;
  if (
    node.inputs.some((value, index) => value !== undefined && index > 3) ||
    axes.dims(0).length !== 3 ||
    node.output(1)
  ) {
    throw new RuleError('it has more than q, k, v and a bias');
  }
  const heads = axes.fresh(node.int('num_heads', 1), 'heads');
  const zero = separate(axes, heads, 2);
  if (axes.has(3)) {
    const rows = { ...heads, outer: 3, inner: axes.dims(3)[0]! / 3 / heads.ids.length };
    axes.tieTo(rows, 3, 0);
    axes.produce(axes.label(3, 0));
  }
  const inner = axes.dims(2)[2]! / heads.ids.length;
  axes.set(0, [axes.label(0, 0), axes.label(0, 1), computed({ ...heads, inner }, zero)]);
}

/** Ties the last axis of q, k and v to the heads; true when v is zero for a head that is gone. */
function separate(axes: NodeAxes, heads: Label, axis: number): boolean {
  for (const index of [0, 1, 2]) {
    axes.tieTo({ ...heads, inner: axes.dims(index)[axis]! / heads.ids.length }, index, axis);
  }
  return axes.label(2, axis)?.zero ?? false;
}

function shrinkSeparate(shrinking: Shrinking): void {
  const { node } = shrinking;
  const width = shrinking.dims(0)[2]! / node.int('num_heads', 1);
  node.setAttribute(Attribute.int('num_heads', shrinking.keptAlong(0, 2) / width));
}

/** ai.onnx Attention (opset 23) with as many key heads as query heads. */
function relateStandard(axes: NodeAxes): void {
  const { node } = axes;
  if (axes.has(4) || axes.has(5) || node.output(1) || node.output(3)) {
    throw new RuleError('it hands on keys and values');
  }
  const rank = axes.dims(0).length;
  const [q, k] = [node.int('q_num_heads'), node.int('kv_num_heads')];
  if (axes.has(3) && (axes.dims(3).at(-3) ?? 1) !== 1) throw new RuleError('it has a mask for each head');
  if (rank === 4) {
    if (axes.dims(0)[1] !== axes.dims(1)[1]) throw new RuleError('several query heads share a key');
    let heads: AxisLabel = axes.label(0, 1);
    for (const index of [1, 2]) heads = axes.tieTo(heads, index, 1);
    if (heads) for (const id of heads.ids) axes.ids.mark(id, 'heads');
    axes.set(0, [axes.label(0, 0), computed(heads, axes.label(2, 1)?.zero ?? false), undefined, axes.label(2, 3)]);
    axes.contract([0, 3], [1, 3]);
    return;
  }
  if (q === undefined || q !== k) throw new RuleError('several query heads share a key');
  const heads = axes.fresh(q, 'heads');
  const zero = separate(axes, heads, 2);
  const inner = axes.dims(2)[2]! / q;
  axes.set(0, [axes.label(0, 0), undefined, computed({ ...heads, inner }, zero)]);
}

function shrinkStandard(shrinking: Shrinking): void {
  const { node } = shrinking;
  const heads = node.int('q_num_heads');
  if (heads === undefined || shrinking.dims(0).length !== 3) return;
  const kept = shrinking.keptAlong(0, 2) / (shrinking.dims(0)[2]! / heads);
  node.setAttribute(Attribute.int('q_num_heads', kept));
  node.setAttribute(Attribute.int('kv_num_heads', kept));
}

/** Sum of input, skip and bias, then a norm over the last axis. */
function relateSkipNorm(axes: NodeAxes): void {
  let joined = axes.label(0, -1);
  joined = axes.tieTo(joined, 1, -1);
  for (const index of [2, 3, 4]) {
    if (!axes.has(index)) continue;
    joined = axes.tieTo(joined, index, 0);
    axes.produce(axes.label(index, 0));
  }
  axes.freeze(
    joined,
    `${axes.node.label} takes its statistics over them: without some, the others would change.`,
    true,
  );
  const others = axes
    .labels(0)
    .slice(0, -1)
    .map((label, axis) => computed(axes.tieTo(label, 1, axis), false));
  axes.node.outputs.forEach((_, index) => axes.set(index, [...others, joined]));
}

/** Members of this family. */
export const attentionAxes = [
  ...defineAxes(['Attention'], relatePacked, shrinkPacked, contrib),
  ...defineAxes(['MultiHeadAttention'], relateSeparate, shrinkSeparate, contrib),
  ...defineAxes(['Attention'], relateStandard, shrinkStandard),
  ...defineAxes(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'], relateSkipNorm, undefined, contrib),
];
