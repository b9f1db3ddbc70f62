/** What outputs have to keep, and whether anything has to be done for it. */
import { type DataSource } from '../../data/source';
import { Reference } from '../../pass/reference';
import { LapidaryError } from '../../protocol/errors';
import { declaration } from './declaration';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { withStored } from './rounding';
import { Search } from './search';
import { type Options } from './settings';
import { type TrialContext } from './trial';
import { type Exclusions } from './verify';

/** What has to be met. */
export interface Target {
  /** Least SQNR of the outputs, dB; 0 for none. */
  readonly minSqnr: number;
  /** Largest drop of top-1 accuracy, percentage points; 100 for none. */
  readonly maxDrop: number;
}

/** A target, and whether it is only the default floor. */
export interface AskedTarget extends Target {
  readonly isFloor: boolean;
}

/** A target with what it is measured on: samples behind those that ranges were learnt from, where there are enough. */
export interface Asked {
  readonly target: AskedTarget;
  readonly samples: DataSource;
  readonly calibration: Options['calibrationSamples'];
  /** What the outputs keep with every layer in 8 bits, dB, where that is known. */
  readonly closeness?: number | undefined;
}

/** Which layers stay in float for the target. */
export interface Met {
  readonly excluded: Exclusions;
  readonly notes: readonly string[];
  /** How many layers joined those that were excluded before. */
  readonly kept: number;
}

/** Samples that a ratio is measured on; accuracy needs more, since one sample moves it by 100 / n points. */
const samplesFor = { ratio: 64, accuracy: 512 };
/** With fewer samples behind those that ranges were learnt from, the same ones are used. */
const leastHeldOut = 16;
/** Samples that tell whether a model is near the floor at all, and how many dB above it settle that. */
const [glance, clearly] = [8, 2];
/** Outputs on samples that ranges or layers were chosen by are closer than on others (squeezenet: 27.4 and 23.6 dB): what to keep in hand, dB. */
export const inHand = { seen: 3, heldOut: 1 };
/** True when something is asked for. */
export const isTarget = ({ minSqnr, maxDrop }: Target): boolean => minSqnr > 0 || maxDrop < 100;

/** Throws `usage` when the target cannot be measured on this data; called before any work. */
export function checkTarget({ maxDrop }: Target, samples: DataSource): void {
  if (maxDrop >= 100 || samples.labelled) return;
  throw new LapidaryError('usage', 'A largest drop of accuracy needs labelled data.', {
    hint: 'Give --labels, or ask for a least SQNR (--min-sqnr) instead.',
  });
}

/**
 * The target that options come to. Everybody gets the floor that is the default; of random samples, whose outputs mean
 * nothing, only what somebody asked for is asked.
 */
export function targetOf({ minSqnr, maxDrop }: Target, { random }: Pick<DataSource, 'random'>): AskedTarget {
  const isFloor = minSqnr === declaration.options.minSqnr.default && maxDrop >= 100;
  return { minSqnr: isFloor && random ? 0 : minSqnr, maxDrop, isFloor };
}

/** Finds what stays in float beside what `given` names already. */
export async function meetTarget(
  plan: StaticPlan,
  ranges: Ranges,
  given: Exclusions,
  { target, samples, calibration, closeness = Infinity }: Asked,
  context: TrialContext,
): Promise<Met> {
  const start = samples.size - calibration >= leastHeldOut ? calibration : 0;
  const { runtime, signal, progress } = context;
  const onSample = (sample: number, of: number): void =>
    progress({ fraction: 0.93, message: `Running the float model, sample ${sample} of ${of}` });
  const sampling = { runtime, samples, start, signal, onSample };
  const referTo = (count: number): Promise<Reference> => Reference.of(plan.model, { ...sampling, count });
  const spare = target.isFloor ? (start === 0 ? inHand.seen : inHand.heldOut) : 0;
  // Most models are far above the floor: a look at a few samples must do for them.
  if (target.isFloor && closeness >= target.minSqnr) {
    const { model } = emitStatic(plan, ranges, given);
    const { sqnrDb } = await (await referTo(glance)).measure(withStored(model, plan.stored));
    if (sqnrDb >= target.minSqnr + spare + clearly) return { excluded: given, notes: [], kept: 0 };
  }
  const reference = await referTo(target.maxDrop < 100 ? samplesFor.accuracy : samplesFor.ratio);
  return new Search({ plan, ranges, given, target: { ...target, spare }, reference, sampling }, context).run();
}
