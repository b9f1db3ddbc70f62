/** Which units stay in float: those that the runtime would not fuse, those that do not pay, those that a target needs. */
import { type DataSource } from '../../data/source';
import { firstFeeds } from '../../pass/observe';
import { formatMillisecondsPair } from '../../report/format';
import { type LatencyComparison } from '../../runtime/measure';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { type Options } from './settings';
import { inHand, isTarget, meetTarget, targetOf } from './target';
import { compareWith, type Exclusions, leaveOutSlower, leaveOutUnfused, type VerifyContext } from './verify';

/** Outputs on the samples that ranges were learnt from are this far above the floor: no need to look again, dB. */
const clearly = inHand.seen + 1;

/** What a target may cost: with so much more time than in float, a model a fraction of the size is still worth having. */
const bearable = 0.05;

/** Units that stay in float, with reasons, or why the model as a whole does. */
export interface Choice {
  readonly excluded: Exclusions;
  readonly notes: readonly string[];
  readonly wholeInFloat?: string;
}

/** Chooses; `closeness` is what the outputs are known to keep with every layer in 8 bits, dB, where that was measured. */
export async function chooseUnits(
  plan: StaticPlan,
  ranges: Ranges,
  samples: DataSource,
  options: Options,
  context: VerifyContext,
  closeness?: number,
): Promise<Choice> {
  const verified = await verify(plan, ranges, samples, options, context);
  if ('wholeInFloat' in verified) return { excluded: new Map(), notes: [], ...verified };
  const { excluded, times } = verified;
  const target = targetOf(options, samples);
  const isClose = target.isFloor && closeness !== undefined && closeness >= target.minSqnr + clearly;
  if (!isTarget(target) || isClose) return { excluded, notes: times ? [saidOf(times)] : [] };
  const asked = { target, samples, calibration: options.calibrationSamples };
  const met = await meetTarget(plan, ranges, excluded, asked, context);
  if (met.kept === 0 || !checksRuntime(plan, options)) {
    return { excluded: met.excluded, notes: [...(times ? [saidOf(times)] : []), ...met.notes] };
  }
  // Layers in float cut chains of codes: what is left must fuse, and pay, all the same.
  const fused = await leaveOutUnfused(plan, ranges, met.excluded, context);
  if (!times) return { excluded: fused, notes: met.notes };
  const again = await compareWith(plan, ranges, fused, (await firstFeeds(samples))!, context);
  if (!again)
    return { excluded: fused, notes: met.notes, wholeInFloat: 'No layer can be in 8 bits within the target.' };
  if (isSlower(again, options) && again.speedup < 1 - bearable) {
    const why = `The model as a whole is slower with the layers in float that the target needs: ${timesOf(again)}.`;
    return { excluded: fused, notes: met.notes, wholeInFloat: why };
  }
  return { excluded: fused, notes: [saidOf(again), ...met.notes] };
}

const checksRuntime = ({ formats }: StaticPlan, { layers }: Options): boolean => layers !== 'all' && formats.forCpu;

async function verify(
  plan: StaticPlan,
  ranges: Ranges,
  samples: DataSource,
  options: Options,
  context: VerifyContext,
): Promise<{ excluded: Exclusions; times?: LatencyComparison } | { wholeInFloat: string }> {
  if (!checksRuntime(plan, options)) return { excluded: new Map() };
  const fused = await leaveOutUnfused(plan, ranges, new Map(), context);
  const feeds = options.layers === 'faster' ? await firstFeeds(samples) : undefined;
  if (!feeds) return { excluded: fused };
  const { excluded, whole } = await leaveOutSlower(plan, ranges, fused, feeds, context);
  if (!whole) return { wholeInFloat: 'No layer is faster in 8 bits here, conversions included.' };
  if (isSlower(whole, options))
    return { wholeInFloat: `The model as a whole is slower in 8 bits here: ${timesOf(whole)}.` };
  return { excluded, times: whole };
}

/** Where weights are stored in 8 bits all the same, codes that gain no time have nothing to say for themselves. */
const isSlower = ({ speedup, significant }: LatencyComparison, { otherWeights }: Options): boolean =>
  speedup < 1 && (significant || otherWeights === 'int8');

const timesOf = ({ before, after }: LatencyComparison): string =>
  formatMillisecondsPair(before.medianMs, after.medianMs);

const saidOf = (times: LatencyComparison): string => `Measured here on one thread: ${timesOf(times)}.`;
