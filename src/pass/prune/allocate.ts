/** Chooses how many channels each group keeps so that the model's outputs lose the least for what is saved. */
import { type GroupCurve } from './groupCurves';
import { type PlanSettings, roundKept } from './plan';
import { type Judged } from './round';

/** What is to be reached, and within which bounds. */
export type AllocateSettings = Omit<PlanSettings, 'perCost' | 'scope'>;

/** Numbers of channels that are considered for a group, at most. */
const mostChoices = 32;
/** Noise grows at least in proportion to what is removed below the first point that was measured, and at most so. */
const leastPower = 1;
const mostPower = 3;

/**
 * Kept channels of each group, by group index. Errors of groups are taken to add up, as noise does: from all channels,
 * step by step, that group goes on which adds the least noise for the cost that it saves. Groups without a curve keep
 * all.
 */
export function allocate(
  { found: { groups }, cost }: Judged,
  curves: readonly GroupCurve[],
  settings: AllocateSettings,
): number[] {
  const goal = 1 - settings.amount;
  const whole = groups.map(({ channels }) => channels.length);
  const left = (kept: readonly number[]): number =>
    settings.target === 'channels' ? shareOf(curves, kept) : cost[settings.target](kept);
  const choices = curves.map((curve) => ({ index: curve.group.index, ...choicesOf(curve, settings) }));
  let kept = [...whole];
  let reached = left(kept);
  while (reached > goal) {
    let best: { readonly kept: number[]; readonly reached: number; readonly price: number } | undefined;
    for (const { index, counts, noise } of choices) {
      const now = noise(kept[index]!);
      for (const count of counts) {
        if (count >= kept[index]!) continue;
        const next = [...kept];
        next[index] = count;
        const after = left(next);
        const saved = reached - after;
        if (saved <= 0) continue;
        // What goes beyond the goal is worth nothing.
        const price = (noise(count) - now) / Math.min(saved, Math.max(reached - goal, saved / 4));
        if (!best || price < best.price) best = { kept: next, reached: after, price };
      }
    }
    if (!best || (best.reached < goal && goal - best.reached > reached - goal)) break;
    ({ kept, reached } = best);
  }
  return kept;
}

/** Allowed numbers of channels, and the noise that each is expected to make relative to the signal. */
function choicesOf(
  curve: GroupCurve,
  settings: AllocateSettings,
): { readonly counts: readonly number[]; readonly noise: (kept: number) => number } {
  const size = curve.group.channels.length;
  const step = Math.max(1, Math.floor(size / mostChoices));
  const counts = new Set<number>();
  for (let kept = size - 1; kept > 0; kept -= step) counts.add(roundKept(size, kept, settings));
  counts.delete(size);
  return { counts: [...counts], noise: (kept) => noiseAt(curve, size - kept) };
}

/** Noise after removing some channels: straight lines between what was measured, both axes logarithmic. */
export function noiseAt({ points }: GroupCurve, removed: number): number {
  if (removed <= 0) return 0;
  let highest = 0;
  const known = points.map((point) => {
    highest = Math.max(highest, 1e-12, 10 ** (-point.fidelity.sqnrDb / 10));
    return { at: point.removed, noise: highest };
  });
  const index = known.findIndex(({ at }) => at >= removed);
  const [from, to] = [known[index - 1], known[index]];
  if (to && (from || to.at === removed)) return to.at === removed ? to.noise : between(from!, to, removed);
  const [a, b] = index === 0 ? [known[0]!, known[1]] : [known.at(-1)!, known.at(-2)];
  const slope = b && b.at !== a.at ? Math.log(b.noise / a.noise) / Math.log(b.at / a.at) : 2;
  return a.noise * (removed / a.at) ** Math.min(mostPower, Math.max(leastPower, slope));
}

function between(
  from: { readonly at: number; readonly noise: number },
  to: { readonly at: number; readonly noise: number },
  removed: number,
): number {
  const share = Math.log(removed / from.at) / Math.log(to.at / from.at);
  return from.noise * (to.noise / from.noise) ** share;
}

function shareOf(curves: readonly GroupCurve[], kept: readonly number[]): number {
  let [all, stay] = [0, 0];
  for (const { group } of curves) {
    all += group.channels.length;
    stay += kept[group.index]!;
  }
  return all === 0 ? 1 : stay / all;
}
