/**
 * Keeps the fewest layers in float that meet a target, as measured: layers are ranked by what each costs on its own, the
 * shortest head of that list that meets the target is found by bisection, and then those that it could do without
 * go back to 8 bits.
 */
import { type DataSource } from '../../data/source';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { type Fidelity, Reference } from '../../pass/reference';
import { LapidaryError } from '../../protocol/errors';
import { formatDecibels } from '../../report/format';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { type AloneLoss, measureAlone } from './sensitivity';
import { type Options } from './settings';
import { type Exclusions, type VerifyContext } from './verify';

/** What has to be met. */
export interface Target {
  /** Least SQNR of the outputs, dB; 0 for none. */
  readonly minSqnr: number;
  /** Largest drop of top-1 accuracy, percentage points; 100 for none. */
  readonly maxDrop: number;
}

/** Which layers stay in float for the target. */
export interface Met {
  readonly excluded: Exclusions;
  readonly notes: readonly string[];
}

/** Samples that a ratio is measured on; accuracy needs more, since one sample moves it by 100 / n points. */
const samplesFor = { ratio: 64, accuracy: 512 };
/** With fewer samples behind those that ranges were learnt from, the same ones are used. */
const leastHeldOut = 16;
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

/** Finds what stays in float beside what `given` names already. */
export async function meetTarget(
  plan: StaticPlan,
  ranges: Ranges,
  given: Exclusions,
  { target, samples, calibration }: { target: Target; samples: DataSource; calibration: Options['calibrationSamples'] },
  context: VerifyContext,
): Promise<Met> {
  const reference = await referenceFor(plan, target, samples, calibration, context);
  const search = new Search(plan, ranges, given, target, reference, context);
  return search.run();
}

/** Samples behind those that ranges were learnt from, where there are enough of them. */
function referenceFor(
  plan: StaticPlan,
  target: Target,
  samples: DataSource,
  calibration: number,
  { runtime, signal, progress }: VerifyContext,
): Promise<Reference> {
  const start = samples.size - calibration >= leastHeldOut ? calibration : 0;
  const count = target.maxDrop < 100 ? samplesFor.accuracy : samplesFor.ratio;
  const onSample = (sample: number, of: number): void =>
    progress({ fraction: 0.93, message: `Running the float model, sample ${sample} of ${of}` });
  return Reference.of(plan.model, { runtime, samples, start, count, signal, onSample });
}

class Search {
  constructor(
    private readonly plan: StaticPlan,
    private readonly ranges: Ranges,
    private readonly given: Exclusions,
    private readonly target: Target,
    private readonly reference: Reference,
    private readonly context: VerifyContext,
  ) {}

  async run(): Promise<Met> {
    const whole = await this.measure([]);
    if (this.meets(whole)) return { excluded: this.given, notes: [this.note(whole, [], whole)] };
    const progress: PassContext['progress'] = ({ fraction, message, node }) =>
      this.context.progress({ fraction: 0.93 + 0.03 * fraction, message, ...(node !== undefined && { node }) });
    const measuring = { signal: this.context.signal, progress };
    const losses = await measureAlone(this.plan, this.ranges, this.reference, measuring, this.given);
    const ranked = losses.sort((a, b) => a.aloneDb - b.aloneDb);
    const head = await this.shortestHead(ranked);
    const kept = await this.withoutNeedless(head);
    const excluded = new Map([...this.given, ...kept.map((loss) => [loss.unit.key, this.reasonFor(loss)] as const)]);
    return { excluded, notes: [this.note(whole, kept, await this.measure(kept))] };
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

  /** Tries layers in 8 bits again, those that cost the least first. */
  private async withoutNeedless(head: readonly AloneLoss[]): Promise<readonly AloneLoss[]> {
    let kept = [...head];
    // The last one is needed: without it the head did not meet the target.
    for (const candidate of head.slice(0, -1).reverse().slice(0, mostRetries)) {
      const fewer = kept.filter((loss) => loss !== candidate);
      if (this.meets(await this.measure(fewer))) kept = fewer;
    }
    return kept;
  }

  private measure(inFloat: readonly AloneLoss[]): Promise<Fidelity> {
    throwIfCancelled(this.context.signal);
    const layers = inFloat.length === 1 ? 'layer' : 'layers';
    const message = `Measuring with ${inFloat.length} ${layers} in float`;
    this.context.progress({ fraction: 0.97, message });
    const excluded = new Map([...this.given, ...inFloat.map(({ unit }) => [unit.key, ''] as const)]);
    return this.reference.measure(emitStatic(this.plan, this.ranges, excluded).model);
  }

  private meets(fidelity: Fidelity): boolean {
    const { minSqnr, maxDrop } = this.target;
    return fidelity.sqnrDb >= minSqnr && (maxDrop >= 100 || dropOf(fidelity) <= maxDrop);
  }

  private reasonFor({ aloneDb }: AloneLoss): string {
    const { minSqnr, maxDrop } = this.target;
    const asked = [
      ...(minSqnr > 0 ? [formatDecibels(minSqnr)] : []),
      ...(maxDrop < 100 ? [`a drop of at most ${maxDrop} points`] : []),
    ].join(' and ');
    return `Kept in float to meet ${asked}: quantized alone it leaves ${formatDecibels(finite(aloneDb))}.`;
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

/** Percentage points of accuracy lost; Infinity where no output can score the labels. */
function dropOf({ accuracy }: Fidelity): number {
  return accuracy ? 100 * (accuracy.before - accuracy.after) : Infinity;
}

const finite = (db: number): number | null => (Number.isFinite(db) ? db : null);
