/** How much channels matter, judged by the weights alone. */
import { type Random } from '../../numerics/random';
import { type ChannelGroup, type Member } from '../../operators/groups/groups';
import { constantOf } from '../../operators/axes/walk';
import { axisSums } from './axisSums';
import { medianDistances } from './geometricMedian';

/** Criteria that need no data. */
export type WeightCriterion = 'l2' | 'l1' | 'bn-scale' | 'geometric-median' | 'lamp' | 'random';

/** Scores of the channels of a group, larger = more important; their mean is 1, so that groups compare. */
export function weightScores(group: ChannelGroup, criterion: WeightCriterion, random: Random): Float64Array {
  switch (criterion) {
    case 'random':
      return Float64Array.from(group.channels, () => random.uniform());
    case 'l1':
      return normScores(group, 1);
    case 'l2':
      return normScores(group, 2);
    case 'bn-scale':
      return scaleScores(group) ?? normScores(group, 2);
    case 'geometric-median':
      return meanOf(
        group,
        matrices(group.producers).map((member) =>
          perChannel(group, member, medianDistances(tensorOf(member), member.slot.axis)),
        ),
      );
    case 'lamp':
      return lamp(normScores(group, 2));
  }
}

const tensorOf = ({ slot }: Member) => constantOf(slot.value)!;

/** Members that are matrices or kernels; biases and norms only where there is nothing else. */
function matrices(members: readonly Member[]): readonly Member[] {
  const found = members.filter((member) => tensorOf(member).shape.length > 1);
  return found.length > 0 ? found : members;
}

/** Mean over all constants that make or read a channel of Σ|w|^p, each relative to its own mean (NUMERICS.md, section 3). */
function normScores(group: ChannelGroup, power: 1 | 2): Float64Array {
  const members = [...matrices(group.producers), ...matrices(group.consumers)];
  return meanOf(
    group,
    members.map((member) => perChannel(group, member, axisSums(tensorOf(member), member.slot.axis, power))),
  );
}

/** |γ| of the batch norms behind the channels (Liu et al. 2017, "Network Slimming"); undefined without any. */
function scaleScores(group: ChannelGroup): Float64Array | undefined {
  const scales = group.producers.filter(({ slot }) =>
    [...slot.produces].some((node) => node.is('BatchNormalization') && node.input(1) === slot.value),
  );
  if (scales.length === 0) return undefined;
  return meanOf(
    group,
    scales.map((member) => perChannel(group, member, axisSums(tensorOf(member), 0, 1))),
  );
}

/** Sums along an axis as sums for each channel. */
export function perChannel({ channels }: ChannelGroup, { channelOf }: Member, sums: ArrayLike<number>): Float64Array {
  const own = new Float64Array(channels.length);
  channelOf.forEach((channel, at) => {
    if (channel >= 0) own[channel]! += sums[at]!;
  });
  return own;
}

/** Mean of several scores, each brought to mean 1. */
export function meanOf({ channels }: ChannelGroup, scores: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(channels.length);
  for (const own of scores) {
    const total = own.reduce((sum, x) => sum + x, 0) / own.length;
    if (total > 0) own.forEach((x, at) => (mean[at]! += x / total / scores.length));
  }
  return mean;
}

/**
 * Layer-adaptive magnitude (Lee et al. 2021): a score relative to all that are at least as large, which makes it
 * comparable between layers.
 */
function lamp(scores: Float64Array): Float64Array {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  const result = new Float64Array(scores.length);
  let larger = 0;
  for (const at of order) {
    larger += scores[at]!;
    result[at] = larger > 0 ? scores[at]! / larger : 0;
  }
  return result;
}
