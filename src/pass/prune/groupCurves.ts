/** What the outputs of a model lose when one group of channels alone is pruned: for each group a curve over the share. */
import { type ChannelGroup } from '../../operators/groups/groups';
import { measureProbes, type Probe, type ProbeOptions } from '../curves/probe';
import { type Fidelity } from '../reference';
import { addMask, type GroupMask, GroupMasks, maskName, maskWithout } from './groupMask';
import { type Judged } from './round';

/** Shares that are tried unless told otherwise. */
export const defaultRatios: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** One group; points in the order of what is removed. */
export interface GroupCurve {
  readonly group: ChannelGroup;
  readonly points: readonly { readonly removed: number; readonly fidelity: Fidelity }[];
}

/** Groups that have a curve, in the model's order, and those that have none, with a sentence that says why. */
export interface GroupCurves {
  readonly curves: readonly GroupCurve[];
  readonly leftOut: readonly { readonly group: ChannelGroup; readonly reason: string }[];
}

/** How to measure. */
export interface CurveOptions extends ProbeOptions {
  /** Shares of a group's channels, ascending. */
  readonly ratios?: readonly number[];
}

/** Measures the groups that were judged; the least important channels go first. */
export async function groupCurves(judged: Judged, options: CurveOptions): Promise<GroupCurves> {
  const { model, found, scores } = judged;
  const masks = new GroupMasks(model, found);
  const leftOut: { group: ChannelGroup; reason: string }[] = [];
  const tried: { group: ChannelGroup; counts: readonly number[]; probe: Probe }[] = [];
  for (const group of byCost(judged)) {
    const mask = masks.of(group);
    const counts = countsOf(group.channels.length, options.ratios ?? defaultRatios);
    if (typeof mask === 'string') leftOut.push({ group, reason: mask });
    else tried.push({ group, counts, probe: probeOf(group, mask, counts, scores.get(group.index)!) });
  }
  const results = await measureProbes(
    model,
    tried.map(({ probe }) => probe),
    options,
  );
  const curves: GroupCurve[] = [];
  tried.forEach(({ group, counts }, index) => {
    const result = results[index]!;
    if (typeof result === 'string') leftOut.push({ group, reason: result });
    else curves.push({ group, points: counts.map((removed, at) => ({ removed, fidelity: result[at]! })) });
  });
  const inOrder = (a: { group: ChannelGroup }, b: { group: ChannelGroup }): number => a.group.index - b.group.index;
  return { curves: curves.sort(inOrder), leftOut: leftOut.sort(inOrder) };
}

/** Groups that save the most multiply-accumulates come first, should the time run out. */
function byCost({ found: { groups }, scores, cost }: Judged): ChannelGroup[] {
  const whole = groups.map(({ channels }) => channels.length);
  const leftWithHalf = new Map(
    [...scores.keys()].map((index) => {
      const kept = [...whole];
      kept[index]! /= 2;
      return [groups[index]!, cost.macs(kept)];
    }),
  );
  return [...leftWithHalf.keys()].sort((a, b) => leftWithHalf.get(a)! - leftWithHalf.get(b)!);
}

/** Numbers of channels to remove, each once: never none, never all. */
function countsOf(channels: number, ratios: readonly number[]): number[] {
  const counts = ratios.map((ratio) => Math.min(channels - 1, Math.max(1, Math.round(ratio * channels))));
  return [...new Set(counts)].sort((a, b) => a - b);
}

function probeOf(group: ChannelGroup, mask: GroupMask, counts: readonly number[], scores: Float64Array): Probe {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b);
  const channels = group.channels.length;
  let input = maskName;
  return {
    node: group.makers[0]?.label ?? '',
    edit: (copy) => {
      const value = addMask(copy, mask);
      input = value.name;
      return [value];
    },
    levels: counts.map((removed) => () => ({
      [input]: { dataType: 'float', shape: [channels + 1], data: maskWithout(channels, order.slice(0, removed)) },
    })),
  };
}
