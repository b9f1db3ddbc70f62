/** What layers really see of the channels that they read. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { denseIds } from '../../operators/axes/label';
import { type AxisWalk, constantOf } from '../../operators/axes/walk';
import { type ChannelGroup, type DependencyGroups, type Member } from '../../operators/groups/groups';
import { type DataSource } from '../../data/source';
import { type PassContext } from '../context';
import { observeValues, valuesOf } from '../observe';
import { type InferenceRuntime } from '../../runtime/port';
import { axisSums } from './axisSums';
import { meanOf, perChannel, weightScores } from './importance';
import { Random } from '../../numerics/random';

/** Mean squares along one axis of a value. */
class Energy {
  private sums?: Float64Array;
  private count = 0;

  constructor(readonly axis: number) {}

  add(data: ArrayLike<number>, shape: readonly number[]): void {
    const size = shape[this.axis]!;
    const inner = shape.slice(this.axis + 1).reduce((product, dim) => product * dim, 1);
    const sums = (this.sums ??= new Float64Array(size));
    const rows = data.length / (size * inner);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let index = 0; index < size; index++) {
        let sum = 0;
        for (const end = at + inner; at < end; at++) sum += data[at]! * data[at]!;
        sums[index]! += sum;
      }
    }
    this.count += rows * inner;
  }

  /** E[x²] for each index; undefined when nothing came by. */
  get means(): Float64Array | undefined {
    return this.sums?.map((sum) => sum / Math.max(1, this.count));
  }
}

/** A weight that reads channels, with the value that they come in. */
interface Reading {
  readonly member: Member;
  readonly energy: Energy;
  /** For each index along the observed axis the channel of the group, or -1. */
  readonly channelOf: Int32Array;
}

/** Where to run what. */
export interface ActivityOptions {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  readonly count: number;
  readonly context: PassContext;
}

/**
 * Scores by what a channel brings to the layers that read it. `activation`: Σ|w|·‖x‖ (Sun et al. 2023, "Wanda"), of mean
 * 1 in each group. `taylor`: its share of the energy of their outputs, ‖w‖²·E[x²] over the sum of all channels: a first
 * estimate of how much the outputs change without it, comparable between layers. Groups that nothing observable reads
 * get scores by their weights.
 */
export async function activityScores(
  model: Model,
  found: DependencyGroups,
  groups: readonly ChannelGroup[],
  criterion: 'activation' | 'taylor',
  options: ActivityOptions,
): Promise<Map<number, Float64Array>> {
  const energies = new Map<string, Energy>();
  const readings = new Map(groups.map((group) => [group.index, readingsOf(model, found.walk, group, energies)]));
  await observe(model, energies, options);
  const random = new Random(0);
  return new Map(
    groups.map((group) => {
      const own = readings.get(group.index)!.filter(({ energy }) => energy.means);
      if (own.length === 0) return [group.index, weightScores(group, 'l2', random)];
      return [group.index, criterion === 'activation' ? wanda(group, own) : outputShare(group, own)];
    }),
  );
}

async function observe(
  model: Model,
  energies: ReadonlyMap<string, Energy>,
  { runtime, samples, count, context }: ActivityOptions,
): Promise<void> {
  const byName = new Map<string, Energy[]>();
  for (const [key, energy] of energies) {
    const name = key.slice(key.indexOf(':') + 1);
    byName.set(name, [...(byName.get(name) ?? []), energy]);
  }
  await observeValues(
    model,
    [...byName.keys()],
    (name, { data, shape }) => {
      if (data instanceof Float32Array) for (const energy of byName.get(name)!) energy.add(data, shape);
    },
    {
      runtime,
      samples,
      count,
      signal: context.signal,
      onProgress: (fraction) => context.progress({ fraction: fraction * 0.8, message: 'Looking at activations' }),
    },
  );
}

function readingsOf(model: Model, walk: AxisWalk, group: ChannelGroup, energies: Map<string, Energy>): Reading[] {
  const channelIndex = new Map(group.channels.map((root, at) => [root, at]));
  const observable = valuesOf(model);
  return group.consumers.flatMap((member) =>
    [...member.slot.consumes].flatMap((node) => {
      const place = readPlace(node, walk, channelIndex);
      if (!place || observable.get(place.value.name) !== place.value) return [];
      const key = `${place.axis}:${place.value.name}`;
      const energy = energies.get(key) ?? new Energy(place.axis);
      energies.set(key, energy);
      return [{ member, energy, channelOf: place.channelOf }];
    }),
  );
}

/** The input and axis by which a node gets channels of a group. */
export function readPlace(
  node: Node,
  walk: AxisWalk,
  channelIndex: ReadonlyMap<number, number>,
): { value: Value; axis: number; channelOf: Int32Array } | undefined {
  for (const value of node.inputs) {
    if (!value || constantOf(value)) continue;
    for (const [axis, label] of walk.labelsOf(value).entries()) {
      const dense = label && !label.slots ? denseIds(label) : undefined;
      const channelOf = dense?.map((id) => channelIndex.get(walk.ids.find(id)) ?? -1);
      if (channelOf?.some((channel) => channel >= 0)) return { value, axis, channelOf };
    }
  }
  return undefined;
}

function wanda(group: ChannelGroup, readings: readonly Reading[]): Float64Array {
  return meanOf(
    group,
    readings.map(({ member, energy, channelOf }) => {
      const weights = perChannel(group, member, axisSums(constantOf(member.slot.value)!, member.slot.axis, 1));
      const norms = channelMeans(group, channelOf, energy.means!);
      return weights.map((weight, at) => weight * Math.sqrt(norms[at]!));
    }),
  );
}

function outputShare(group: ChannelGroup, readings: readonly Reading[]): Float64Array {
  const scores = new Float64Array(group.channels.length);
  for (const { member, energy, channelOf } of readings) {
    const means = energy.means!;
    const squares = axisSums(constantOf(member.slot.value)!, member.slot.axis, 2);
    // Of grouped convolutions the weight knows one group's positions only: they repeat along the value.
    const total = means.reduce((sum, mean, at) => sum + mean * squares[at % squares.length]!, 0);
    if (total <= 0) continue;
    channelOf.forEach((channel, at) => {
      if (channel >= 0) scores[channel]! += (means[at]! * squares[at % squares.length]!) / total;
    });
  }
  return scores;
}

function channelMeans({ channels }: ChannelGroup, channelOf: Int32Array, means: Float64Array): Float64Array {
  const sums = new Float64Array(channels.length);
  const counts = new Float64Array(channels.length);
  channelOf.forEach((channel, at) => {
    if (channel < 0) return;
    sums[channel]! += means[at]!;
    counts[channel]! += 1;
  });
  return sums.map((sum, at) => sum / Math.max(1, counts[at]!));
}
