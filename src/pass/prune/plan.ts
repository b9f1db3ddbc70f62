/** How many channels each group keeps, and which. */
import { type ChannelGroup } from '../../operators/groups/groups';
import { type CostModel } from './costModel';

/** What is to be reached, and within which bounds. */
export interface PlanSettings {
  /** Share of the target to remove, 0 to 1. */
  readonly amount: number;
  readonly target: 'channels' | 'macs' | 'parameters';
  /** `global` compares channels of all groups, `layer` takes the same share of each. */
  readonly scope: 'global' | 'layer';
  /** Scores estimate an error, so that what a channel saves can be set against what it costs. */
  readonly perCost: boolean;
  /** Numbers of channels that the processor works on at a time; 1 allows any number. */
  readonly multipleOf: number;
  /** Narrow layers get smaller multiples where the goal cannot be reached without. */
  readonly adaptMultiple: boolean;
  /** Largest share of a group that may leave. */
  readonly maxShare: number;
}

/** Kept channels of each group, by group index; frozen groups and those that are left out keep all. */
export function planKept(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  cost: CostModel,
  settings: PlanSettings,
): number[] {
  const wanted = wantedAt(groups, scores, cost, settings);
  const keptIn =
    (rounding: Rounding) =>
    (level: number): number[] =>
      groups.map((group) => {
        const count = group.channels.length;
        if (!scores.has(group.index)) return count;
        return roundKept(count, count - wanted(group.index, level), rounding);
      });
  const left = (kept: readonly number[]): number =>
    settings.target === 'channels' ? shareLeft(groups, scores, kept) : cost[settings.target](kept);
  const goal = 1 - settings.amount;
  const strictly = keptIn({ ...settings, adaptMultiple: false });
  const keptAt = settings.adaptMultiple && left(strictly(1)) > goal ? keptIn(settings) : strictly;
  let [low, high] = [0, 1];
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (left(keptAt(middle)) > goal) low = middle;
    else high = middle;
  }
  return between(keptAt(low), keptAt(high), groups, scores, left, goal);
}

/**
 * Rounding makes many groups jump at once. From what is kept on one side of the goal, groups go over to what is kept on
 * the other side, those first whose channels matter least for what they save.
 */
function between(
  less: readonly number[],
  more: readonly number[],
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  left: (kept: readonly number[]) => number,
  goal: number,
): number[] {
  const kept = [...less];
  const start = left(kept);
  const moves = [...groups.keys()]
    .filter((group) => more[group]! < less[group]!)
    .map((group) => {
      const moved = [...less];
      moved[group] = more[group]!;
      const lost = Float64Array.from(scores.get(group)!)
        .sort()
        .slice(groups[group]!.channels.length - less[group]!);
      const loss = lost.slice(0, less[group]! - more[group]!).reduce((sum, score) => sum + score, 0);
      return { group, price: loss / Math.max(1e-12, start - left(moved)) };
    })
    .sort((a, b) => a.price - b.price);
  let reached = start;
  for (const { group } of moves) {
    kept[group] = more[group]!;
    const next = left(kept);
    if (next >= goal) reached = next;
    else if (goal - next < reached - goal) return kept;
    else kept[group] = less[group]!;
  }
  return kept;
}

/** Share of the channels in question that is left. */
export function shareLeft(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  kept: readonly number[],
): number {
  let [all, left] = [0, 0];
  for (const index of scores.keys()) {
    all += groups[index]!.channels.length;
    left += kept[index]!;
  }
  return all === 0 ? 1 : left / all;
}

/** How many channels of a group a level of 0 to 1 takes out, before rounding. */
function wantedAt(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  cost: CostModel,
  { scope, target, perCost }: PlanSettings,
): (group: number, level: number) => number {
  if (scope === 'layer') return (group, level) => groups[group]!.channels.length * level;
  const prices = perCost ? pricesOf(groups, scores, cost, target) : undefined;
  const sorted = new Map(
    [...scores].map(([group, own]) => [
      group,
      Float64Array.from(own, (score) => score / (prices?.get(group) ?? 1)).sort(),
    ]),
  );
  const all = Float64Array.from([...sorted.values()].flatMap((own) => [...own])).sort();
  return (group, level) => {
    if (level >= 1) return groups[group]!.channels.length;
    return countBelow(sorted.get(group)!, all[Math.floor(level * all.length)] ?? -Infinity);
  };
}

/** What one channel of each group saves. */
function pricesOf(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  cost: CostModel,
  target: PlanSettings['target'],
): Map<number, number> {
  const all = groups.map(({ channels }) => channels.length);
  return new Map(
    [...scores.keys()].map((group) => {
      const without = [...all];
      without[group]!--;
      const saved = target === 'channels' ? 1 : 1 - cost[target](without);
      return [group, Math.max(1e-12, saved)];
    }),
  );
}

function countBelow(sorted: Float64Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Rounding = Pick<PlanSettings, 'multipleOf' | 'adaptMultiple' | 'maxShare'>;

/** The nearest allowed number: a multiple, not less than what must stay, never none. */
export function roundKept(count: number, kept: number, { multipleOf, adaptMultiple, maxShare }: Rounding): number {
  const multiple = adaptMultiple ? narrowMultiple(count, multipleOf) : multipleOf;
  const least = Math.max(1, Math.ceil(count * (1 - maxShare) - 1e-9));
  const rounded = Math.round(Math.max(kept, least) / multiple) * multiple;
  return Math.min(count, Math.max(rounded, Math.ceil(least / multiple) * multiple));
}

/** A layer of 32 channels would lose half of them at a time with a multiple of 16. */
function narrowMultiple(count: number, multiple: number): number {
  let own = multiple;
  while (own > 1 && own * 4 > count) own /= 2;
  return Math.max(1, Math.floor(own));
}

/** The channels that go: the least important of each group. */
export function choose(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<number, Float64Array>,
  kept: readonly number[],
): Set<number> {
  const removed = new Set<number>();
  for (const { index, channels } of groups) {
    const own = scores.get(index);
    if (!own) continue;
    const order = [...channels.keys()].sort((a, b) => own[a]! - own[b]! || a - b);
    for (const at of order.slice(0, channels.length - kept[index]!)) removed.add(channels[at]!);
  }
  return removed;
}
