/**
 * The soundness test of structured pruning: a model without some channels must compute what the whole model computes
 * when everything that makes those channels is zero.
 */
import assert from 'node:assert/strict';
import { Attribute } from '../../src/graph/attribute';
import { cloneModel } from '../../src/graph/clone';
import { owningGraph } from '../../src/graph/constants';
import { type Model } from '../../src/graph/model';
import { Tensor } from '../../src/graph/tensor';
import { type Value } from '../../src/graph/value';
import { bytesOf, type ElementArray, toFloat64, toNumbers } from '../../src/numerics/elements';
import { Random } from '../../src/numerics/random';
import { bitsOf, isFloat } from '../../src/graph/dataType';
import { type AxisWalk, constantOf } from '../../src/operators/axes/walk';
import { type ChannelGroup, findGroups } from '../../src/operators/groups/groups';
import { type KeptChannels } from '../../src/pass/shrink/keptChannels';
import { shrinkModel } from '../../src/pass/shrink/shrinkModel';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { type ModelBuilder } from './models';
import { assertValid, runModel } from './runPass';

/** What was taken out, and both models. */
export interface PrunedPair {
  readonly masked: Model;
  readonly pruned: Model;
  readonly groups: readonly ChannelGroup[];
  readonly removed: number;
  readonly kept: KeptChannels;
}

/** Takes `share` of the channels of every group that is not frozen out, at random; each group keeps one. */
function pruneAtRandom(model: Model, share = 0.3, seed = 1): PrunedPair {
  const pruned = cloneModel(model);
  const { walk, groups } = findGroups(pruned);
  const random = new Random(seed);
  const removed = new Set<number>();
  for (const group of groups) {
    if (group.frozen) continue;
    const count = Math.min(group.channels.length - 1, Math.max(1, Math.round(group.channels.length * share)));
    for (const root of random.shuffle([...group.channels]).slice(0, count)) removed.add(root);
  }
  const masked = mask(model, removed);
  const kept = shrinkModel(pruned, walk, removed);
  return { masked, pruned, groups, removed: removed.size, kept };
}

/** A copy of the model in which everything that makes the given channels is zero. */
export function mask(model: Model, removed: ReadonlySet<number>): Model {
  const copy = cloneModel(model);
  // The walk is deterministic: the copy's channels have the same numbers.
  const { walk } = findGroups(copy);
  const changed = new Map<Value, Uint8Array>();
  for (const slot of walk.slots) {
    if (slot.produces.size === 0) continue;
    const indices = [...slot.ids.keys()].filter((at) => removed.has(walk.ids.find(slot.ids[at]!)));
    if (indices.length === 0) continue;
    const tensor = constantOf(slot.value)!;
    const bytes = changed.get(slot.value) ?? tensor.bytes().slice();
    changed.set(slot.value, bytes);
    zeroSlices(tensor, bytes, slot.axis, indices, zeroPointOf(slot.value));
  }
  for (const [value, bytes] of changed) {
    const tensor = constantOf(value)!;
    const zeroed = Tensor.ofBytes(tensor.name, tensor.dataType, tensor.shape, bytes);
    if (value.producer) value.producer.setAttribute(Attribute.tensor('value', zeroed));
    else owningGraph(value, value.consumers()[0]?.graph ?? copy.graph).setInitializer(value, zeroed);
  }
  return copy;
}

function zeroSlices(tensor: Tensor, bytes: Uint8Array, axis: number, indices: readonly number[], zero: number): void {
  const width = bitsOf(tensor.dataType) / 8;
  const inner = tensor.shape.slice(axis + 1).reduce((product, dim) => product * dim, width);
  const size = tensor.shape[axis]!;
  const outer = tensor.byteLength / (size * inner);
  for (let o = 0; o < outer; o++) {
    for (const index of indices) bytes.fill(zero, (o * size + index) * inner, (o * size + index + 1) * inner);
  }
}

/** What stands for zero in a quantized weight (8 bits wide): the zero point of who reads it, when it is one number. */
function zeroPointOf(value: Value): number {
  for (const { node, index } of value.uses()) {
    const at =
      node.is('DequantizeLinear') && index === 0 ? 2 : node.is('ConvInteger') || node.is('MatMulInteger') ? 3 : -1;
    const point = at > 0 ? node.input(at) : undefined;
    const tensor = point && constantOf(point);
    if (tensor?.size === 1) return toNumbers(tensor.dataType, tensor.bytes(), 1)[0]! & 255;
  }
  return 0;
}

/** Largest difference between outputs of both models, relative to the largest element of the output. */
export async function largestDifference(
  { masked, pruned }: PrunedPair,
  dims: Record<string, number> = {},
  given?: Feeds,
): Promise<number> {
  const feeds = given ?? randomFeeds(inputPorts(masked, dims), { dims, bounds: indexBounds(masked), seed: 3 });
  const [expected, actual] = [await runModel(masked, feeds), await runModel(pruned, feeds)];
  let worst = 0;
  for (const [name, tensor] of Object.entries(expected)) {
    const other = actual[name]!;
    assert.deepEqual(other.shape, tensor.shape, `shape of "${name}"`);
    if (!isFloat(tensor.dataType)) continue;
    worst = Math.max(worst, difference(realsOf(tensor), realsOf(other)));
  }
  return worst;
}

/** Outputs smaller than this are rounding: the runtime's sigmoid has steps of 6e-8. */
const leastScale = 1e-3;

function difference(expected: Float64Array, actual: Float64Array): number {
  const scale = expected.reduce((largest, x) => Math.max(largest, Math.abs(x)), leastScale);
  return expected.reduce((worst, x, at) => {
    const y = actual[at]!;
    if (Object.is(x, y) || x === y) return worst;
    return Number.isFinite(x - y) ? Math.max(worst, Math.abs(x - y) / scale) : Infinity;
  }, 0);
}

function realsOf({ dataType, data }: RuntimeTensor): Float64Array {
  const elements = data as ElementArray;
  return toFloat64(dataType, bytesOf(elements), elements.length);
}

/** Prunes at random and checks that what is left agrees with the masked original. */
export async function assertSound(
  model: Model,
  {
    share = 0.3,
    seed = 1,
    dims = {},
    tolerance = 1e-4,
    feeds,
  }: { share?: number; seed?: number; dims?: Record<string, number>; tolerance?: number; feeds?: Feeds } = {},
): Promise<PrunedPair> {
  const pair = pruneAtRandom(model, share, seed);
  assertValid(pair.pruned);
  for (const { frozen } of pair.groups) if (frozen) assert.match(frozen.reason, /\w.*\.$/);
  const difference = await largestDifference(pair, dims, feeds);
  assert.ok(difference <= tolerance, `differs by ${difference}`);
  return pair;
}

/** Channels of the groups that may shrink, and reasons of those that may not, the output's apart. */
export function freedom(builder: ModelBuilder): { free: number[]; frozen: string[] } {
  const { groups } = findGroups(builder.model());
  return {
    free: groups.filter(({ frozen }) => !frozen).map(({ channels }) => channels.length),
    frozen: groups.flatMap(({ frozen }) => (frozen && !frozen.reason.startsWith('They leave') ? [frozen.reason] : [])),
  };
}

/** Checks which groups are free, and that pruning them is sound. */
export async function expectFree(
  builder: ModelBuilder,
  free: readonly number[],
  dims: Record<string, number> = {},
): Promise<void> {
  const found = freedom(builder);
  assert.deepEqual(found.free, free, found.frozen.join(' '));
  for (const seed of [1, 2]) await assertSound(builder.model(), { seed, dims });
}

/** Channels that may leave and all there are, for a report. */
export function shareFree(groups: readonly ChannelGroup[]): string {
  const count = (some: readonly ChannelGroup[]): number => some.reduce((sum, { channels }) => sum + channels.length, 0);
  const free = groups.filter(({ frozen }) => !frozen);
  return `${free.length} of ${groups.length} groups, ${count(free)} of ${count(groups)} channels free`;
}

export type { AxisWalk };
