/**
 * Keeps the fewest layers in float that meet a target, as measured: layers are ranked by what each costs on its own, the
 * shortest head of that list that meets the target is found by bisection, and then those that it could do without
 * go back to 8 bits.
 */
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { type Fidelity, Reference, type ReferenceOptions } from '../../pass/reference';
import { LapidaryError } from '../../protocol/errors';
import { formatDecibels } from '../../report/format';
import { declaration } from './declaration';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { withStored } from './rounding';
import { givingScores, scoreNames } from './scores';
import { type AloneLoss, layersOf, measureAlone } from './sensitivity';
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
/** Time for ranking layers and for trying candidates, ms: decides on how many samples. */
const [rankMs, searchMs] = [6_000, 10_000];
/** Fewer samples than this tell too little: of layers beside each other, and of how far a model is from the target. */
const leastSamples = { ranking: 4, search: 16 };
/** Layers that are tried in 8 bits again, at most. */
const mostRetries = 32;

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
  { target, samples, calibration }: Asked,
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
  if (target.isFloor) {
    const { model } = emitStatic(plan, ranges, given);
    const { sqnrDb } = await (await referTo(glance)).measure(withStored(model, plan.stored));
    if (sqnrDb >= target.minSqnr + spare + clearly) return { excluded: given, notes: [], kept: 0 };
  }
  const reference = await referTo(target.maxDrop < 100 ? samplesFor.accuracy : samplesFor.ratio);
  return new Search(plan, ranges, given, { ...target, spare }, reference, sampling, context).run();
}

class Search {
  /** Samples that candidates are compared on while searching, so that it ends; what is found is measured on all. */
  private few = Infinity;
  /** What a softmax at the end reads, by which layers are ranked. */
  private readonly scores: readonly string[];

  constructor(
    private readonly plan: StaticPlan,
    private readonly ranges: Ranges,
    private readonly given: Exclusions,
    private readonly target: Target & { readonly spare: number },
    private readonly reference: Reference,
    /** What the reference was made from. */
    private readonly sampling: ReferenceOptions,
    private readonly context: TrialContext,
  ) {
    this.scores = scoreNames(plan.model);
  }

  async run(): Promise<Met> {
    const started = performance.now();
    const whole = await this.measure([]);
    const perSample = (performance.now() - started) / this.reference.size;
    if (this.meets(whole)) return { excluded: this.given, notes: [this.note(whole, [], whole)], kept: 0 };
    const ranked = await this.ranked(perSample);
    // Accuracy takes all samples: a few can only tell that it is far off.
    if (this.target.maxDrop >= 100) this.few = samplesIn(searchMs / (mostRetries + 8), perSample, leastSamples.search);
    const head = await this.shortestHead(ranked);
    const found = await this.withoutNeedless(head);
    this.few = Infinity;
    const { kept, reached } = await this.confirmed(found, ranked);
    const excluded = new Map([...this.given, ...kept.map((loss) => [loss.unit.key, this.reasonFor(loss)] as const)]);
    return { excluded, notes: [this.note(whole, kept, reached)], kept: kept.length };
  }

  /** Layers by what each costs on its own, the worst first. */
  private async ranked(perSample: number): Promise<readonly AloneLoss[]> {
    const progress: PassContext['progress'] = ({ fraction, message, node }) =>
      this.context.progress({ fraction: 0.93 + 0.03 * fraction, message, ...(node !== undefined && { node }) });
    const measuring = { signal: this.context.signal, progress };
    const most = samplesIn(rankMs / layersOf(this.plan).length, perSample, leastSamples.ranking);
    const { plan, ranges, given, scores } = this;
    const reference = scores.length > 0 ? await this.referToScores(most) : this.reference;
    const part = (model: Model): Model => givingScores(model, scores);
    const losses = await measureAlone(plan, ranges, reference, measuring, { given, most, part });
    return losses.sort((a, b) => a.aloneDb - b.aloneDb);
  }

  private referToScores(count: number): Promise<Reference> {
    return Reference.of(givingScores(this.plan.model, this.scores), { ...this.sampling, count });
  }

  /** More layers in float lose less, but for noise: the shortest head of the list that meets the target. */
  private async shortestHead(ranked: readonly AloneLoss[]): Promise<readonly AloneLoss[]> {
    let [fails, meets] = [0, ranked.length];
    while (meets - fails > 1) {
      const middle = (fails + meets) >> 1;
      if (this.meets(await this.measure(ranked.slice(0, middle)))) meets = middle;
      else fails = middle;
    }
    return ranked.slice(0, meets);
  }

  /** Tries layers in 8 bits again, those that cost the least first, as long as there is time. */
  private async withoutNeedless(head: readonly AloneLoss[]): Promise<readonly AloneLoss[]> {
    let kept = [...head];
    const started = performance.now();
    // The last one is needed: without it the head did not meet the target.
    for (const candidate of head.slice(0, -1).reverse().slice(0, mostRetries)) {
      if (performance.now() - started > searchMs) break;
      const fewer = kept.filter((loss) => loss !== candidate);
      if (this.meets(await this.measure(fewer))) kept = fewer;
    }
    return kept;
  }

  /** What a few samples promised, held by all: else more of the worst layers join, one, two, four … at a time. */
  private async confirmed(
    found: readonly AloneLoss[],
    ranked: readonly AloneLoss[],
  ): Promise<{ kept: readonly AloneLoss[]; reached: Fidelity }> {
    let kept = found;
    for (let more = 1; ; more *= 2) {
      const reached = await this.measure(kept);
      const others = ranked.filter((loss) => !kept.includes(loss));
      if (this.meets(reached) || others.length === 0) return { kept, reached };
      kept = [...kept, ...others.slice(0, more)];
    }
  }

  private measure(inFloat: readonly AloneLoss[]): Promise<Fidelity> {
    throwIfCancelled(this.context.signal);
    const layers = inFloat.length === 1 ? 'layer' : 'layers';
    const message = `Measuring with ${inFloat.length} ${layers} in float`;
    this.context.progress({ fraction: 0.97, message });
    const excluded = new Map([...this.given, ...inFloat.map(({ unit }) => [unit.key, ''] as const)]);
    const { model } = emitStatic(this.plan, this.ranges, excluded);
    return this.reference.measure(withStored(model, this.plan.stored), this.few);
  }

  private meets(fidelity: Fidelity): boolean {
    const { minSqnr, maxDrop, spare } = this.target;
    return fidelity.sqnrDb >= minSqnr + spare && (maxDrop >= 100 || dropOf(fidelity) <= maxDrop);
  }

  private reasonFor({ aloneDb }: AloneLoss): string {
    const { minSqnr, maxDrop } = this.target;
    const asked = [
      ...(minSqnr > 0 ? [formatDecibels(minSqnr)] : []),
      ...(maxDrop < 100 ? [`a drop of at most ${maxDrop} points`] : []),
    ].join(' and ');
    const where = this.scores.length > 0 ? ' ahead of the softmax' : '';
    return `Kept in float to meet ${asked}: quantized alone it leaves ${formatDecibels(finite(aloneDb))}${where}.`;
  }

  private note(whole: Fidelity, kept: readonly AloneLoss[], reached: Fidelity): string {
    const { size, random } = this.reference;
    const on = `on ${size} ${random ? 'random ' : ''}${size === 1 ? 'sample' : 'samples'}`;
    if (kept.length === 0) return `The target is met with no further layer in float: ${this.show(whole)} ${on}.`;
    const layers = kept.length === 1 ? '1 layer stays' : `${kept.length} layers stay`;
    return `${layers} in float to meet the target: ${this.show(whole)} → ${this.show(reached)} ${on}.`;
  }

  private show(fidelity: Fidelity): string {
    const ratio = formatDecibels(finite(fidelity.sqnrDb));
    if (this.target.maxDrop >= 100) return ratio;
    const drop = dropOf(fidelity);
    return `${ratio}, ${Number.isFinite(drop) ? `${drop.toFixed(2)} points lost` : 'accuracy unknown'}`;
  }
}

/** Samples that `ms` are enough for; opening a model counts as a sample. */
const samplesIn = (ms: number, perSample: number, least: number): number =>
  Math.max(least, Math.floor(ms / Math.max(perSample, 0.1)) - 1);

/** Percentage points of accuracy lost; Infinity where no output can score the labels. */
function dropOf({ accuracy }: Fidelity): number {
  return accuracy ? 100 * (accuracy.before - accuracy.after) : Infinity;
}

const finite = (db: number): number | null => (Number.isFinite(db) ? db : null);
