/** Which units stay in float: those that the runtime would not fuse, those that do not pay, those that a target needs. */
import { type DataSource } from '../../data/source';
import { firstFeeds } from '../../pass/observe';
import { formatMillisecondsPair } from '../../report/format';
import { type LatencyComparison } from '../../runtime/measure';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { type Options } from './settings';
import { inHand, isTarget, meetTarget, targetOf } from './target';
import { type TrialContext } from './trial';
import { type Exclusions, type Verdict, Verifier } from './verify';

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
  context: TrialContext,
  closeness?: number,
): Promise<Choice> {
  const feeds = options.layers === 'faster' ? await firstFeeds(samples) : undefined;
  const verifier = checksRuntime(plan, options) ? new Verifier(plan, ranges, feeds, context) : undefined;
  try {
    const given = verifier ? await verifier.leaveOut() : { excluded: new Map<string, string>() };
    const refusal = verifier && feeds && refusalOf(given, options);
    if (refusal !== undefined) return { excluded: new Map(), notes: [], wholeInFloat: refusal };
    const target = targetOf(options, samples);
    const isClose = target.isFloor && closeness !== undefined && closeness >= target.minSqnr + clearly;
    if (!isTarget(target) || isClose) return { excluded: given.excluded, notes: saidOf(given) };
    const asked = { target, samples, calibration: options.calibrationSamples, closeness };
    const met = await meetTarget(plan, ranges, given.excluded, asked, context);
    if (met.kept === 0 || !verifier) return { excluded: met.excluded, notes: [...saidOf(given), ...met.notes] };
    // Layers in float cut chains of codes: what is left must fuse, and pay, all the same.
    const again = await verifier.lookAgain(met.excluded);
    const tooSlow = feeds && slownessOf(again, options);
    return {
      excluded: again.excluded,
      notes: [...(tooSlow === undefined ? saidOf(again) : []), ...met.notes],
      ...(tooSlow !== undefined && { wholeInFloat: tooSlow }),
    };
  } finally {
    await verifier?.close();
  }
}

const checksRuntime = ({ formats }: StaticPlan, { layers }: Options): boolean => layers !== 'all' && formats.forCpu;

/** Why 8 bits do not pay before any target is looked at; undefined where they do. */
function refusalOf({ whole }: Verdict, options: Options): string | undefined {
  if (!whole) return 'No layer is faster in 8 bits here, conversions included.';
  return isSlower(whole, options) ? `The model as a whole is slower in 8 bits here: ${timesOf(whole)}.` : undefined;
}

/** Why they do not pay with the layers in float that a target needs. */
function slownessOf({ whole }: Verdict, options: Options): string | undefined {
  if (!whole) return 'No layer can be in 8 bits within the target.';
  if (!isSlower(whole, options) || whole.speedup >= 1 - bearable) return undefined;
  return `The model as a whole is slower with the layers in float that the target needs: ${timesOf(whole)}.`;
}

/** Where weights are stored in 8 bits all the same, codes that gain no time have nothing to say for themselves. */
const isSlower = ({ speedup, significant }: LatencyComparison, { otherWeights }: Options): boolean =>
  speedup < 1 && (significant || otherWeights === 'int8');

const timesOf = ({ before, after }: LatencyComparison): string =>
  formatMillisecondsPair(before.medianMs, after.medianMs);

const saidOf = ({ whole }: Verdict): string[] => (whole ? [`Measured here on one thread: ${timesOf(whole)}.`] : []);
