/**
 * Which layers stay in float for a target: the fewest that meet it, as measured. Layers are ranked by what each costs on
 * its own, the shortest head of that list that meets the target is found by bisection, and then those that it could do
 * without go back to 8 bits.
 */
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { type Fidelity, type HardSamples, Reference, type ReferenceOptions } from '../../pass/reference';
import { formatDecibels } from '../../report/format';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { withStored } from './rounding';
import { givingScores, scoreNames } from './scores';
import { type AloneLoss, layersOf, measureAlone } from './sensitivity';
import { type Met, type Target } from './target';
import { type TrialContext } from './trial';
import { type Exclusions } from './verify';

/** Samples that layers are ranked by, and that candidates are tried on, at most; what is found is measured on all. */
const mostSamples = { ranking: 8, search: 24 };
/** Fewer samples than this tell too little of layers beside each other. */
const leastRanking = 4;
/** Time for ranking layers, ms: decides on how many samples. */
const rankMs = 6_000;
/** How often layers are tried in 8 bits again, at most, and the time after which no more are, ms. */
const [mostRetries, retryMs] = [32, 10_000];

/** What is searched for, and where. */
export interface Problem {
  readonly plan: StaticPlan;
  readonly ranges: Ranges;
  /** Units that stay in float whatever comes out. */
  readonly given: Exclusions;
  /** `spare`: what to keep in hand, dB. */
  readonly target: Target & { readonly spare: number };
  readonly reference: Reference;
  /** What the reference was made from. */
  readonly sampling: ReferenceOptions;
}

/** What stays in float, and what that reaches on all samples. */
interface Confirmed {
  readonly kept: readonly AloneLoss[];
  readonly reached: Fidelity;
}

/** One use per problem. */
export class Search {
  /** What candidates are tried on; all samples without. */
  private hardest: HardSamples | undefined;
  /** What a softmax at the end reads, by which layers are ranked. */
  private readonly scores: readonly string[];

  constructor(
    private readonly problem: Problem,
    private readonly context: TrialContext,
  ) {
    this.scores = scoreNames(problem.plan.model);
  }

  /** Finds what stays in float beside what is given. */
  async run(): Promise<Met> {
    const { given, reference, target } = this.problem;
    const started = performance.now();
    const { fidelity: whole, hardest } = await reference.measureWithHardest(this.withInFloat([]), mostSamples.search);
    const perSample = (performance.now() - started) / reference.size;
    if (this.meets(whole)) return { excluded: given, notes: [this.note(whole, [], whole)], kept: 0 };
    const ranked = await this.ranked(perSample);
    // Accuracy takes all samples: a few can only tell that it is far off.
    if (target.maxDrop >= 100) this.hardest = hardest;
    const met = await this.withoutNeedless(await this.shortestHead(ranked));
    const { kept, reached } = await this.confirmed(met, ranked);
    const excluded = new Map([...given, ...kept.map((loss) => [loss.unit.key, this.reasonFor(loss)] as const)]);
    return { excluded, notes: [this.note(whole, kept, reached)], kept: kept.length };
  }

  /** Layers by what each costs on its own, the worst first. */
  private async ranked(perSample: number): Promise<readonly AloneLoss[]> {
    const progress: PassContext['progress'] = ({ fraction, message, node }) =>
      this.context.progress({ fraction: 0.93 + 0.03 * fraction, message, ...(node !== undefined && { node }) });
    const measuring = { signal: this.context.signal, progress };
    const { plan, ranges, given, sampling } = this.problem;
    // Opening a model counts as a sample.
    const affordable = Math.floor(rankMs / layersOf(plan).length / Math.max(perSample, 0.1)) - 1;
    const most = Math.min(mostSamples.ranking, Math.max(leastRanking, affordable));
    const { scores } = this;
    const reference =
      scores.length > 0
        ? await Reference.of(givingScores(plan.model, scores), { ...sampling, count: most })
        : this.problem.reference;
    const part = (model: Model): Model => givingScores(model, scores);
    const losses = await measureAlone(plan, ranges, reference, measuring, { given, most, part });
    return losses.sort((a, b) => a.aloneDb - b.aloneDb);
  }

  /** More layers in float lose less, but for noise: the shortest head of the list that meets the target. */
  private async shortestHead(ranked: readonly AloneLoss[]): Promise<readonly AloneLoss[]> {
    let [fails, meets] = [0, ranked.length];
    while (meets - fails > 1) {
      const middle = (fails + meets) >> 1;
      if (await this.holds(ranked.slice(0, middle))) meets = middle;
      else fails = middle;
    }
    return ranked.slice(0, meets);
  }

  /**
   * Tries layers in 8 bits again, those that cost the least first, twice as many at a time after each success, as long as
   * there is time. Gives what met the target on the way, from `head` on.
   */
  private async withoutNeedless(head: readonly AloneLoss[]): Promise<readonly (readonly AloneLoss[])[]> {
    const met = [head];
    const started = performance.now();
    // The last one is needed: without it the head did not meet the target.
    const open = head.slice(0, -1).reverse();
    let size = 1;
    for (let tries = 0; open.length > 0 && tries < mostRetries; tries++) {
      if (performance.now() - started > retryMs) break;
      const group = new Set(open.slice(0, size));
      const fewer = met.at(-1)!.filter((loss) => !group.has(loss));
      const holds = await this.holds(fewer);
      if (holds) met.push(fewer);
      // Of several, each is tried by itself.
      if (holds || group.size === 1) open.splice(0, group.size);
      size = holds ? 2 * size : 1;
    }
    return met;
  }

  /** Of what met the target on a few samples, with fewer and fewer layers in float, the last that meets it on all. */
  private async confirmed(met: readonly (readonly AloneLoss[])[], ranked: readonly AloneLoss[]): Promise<Confirmed> {
    let [holds, fails]: [Confirmed | undefined, number] = [undefined, met.length];
    for (let at = met.length - 1, from = 0; from < fails; at = (from + fails - 1) >> 1) {
      const reached = await this.reached(met[at]!);
      if (this.meets(reached)) [holds, from] = [{ kept: met[at]!, reached }, at + 1];
      else fails = at;
    }
    return holds ?? this.withMore(met[0]!, ranked);
  }

  /** More of the worst layers join, one, two, four … at a time, until the target is met. */
  private async withMore(failing: readonly AloneLoss[], ranked: readonly AloneLoss[]): Promise<Confirmed> {
    let kept = failing;
    for (let more = 1; ; more *= 2) {
      const others = ranked.filter((loss) => !kept.includes(loss));
      kept = [...kept, ...others.slice(0, more)];
      const reached = await this.reached(kept);
      if (this.meets(reached) || others.length <= more) return { kept, reached };
    }
  }

  private reached(kept: readonly AloneLoss[]): Promise<Fidelity> {
    return this.problem.reference.measure(this.withInFloat(kept));
  }

  /** Whether the target is met, as far as the samples tell that candidates are tried on. */
  private async holds(inFloat: readonly AloneLoss[]): Promise<boolean> {
    const { reference, target } = this.problem;
    const candidate = this.withInFloat(inFloat);
    if (this.hardest) return reference.keeps(candidate, target.minSqnr + target.spare, this.hardest);
    return this.meets(await reference.measure(candidate));
  }

  private withInFloat(inFloat: readonly AloneLoss[]): Model {
    throwIfCancelled(this.context.signal);
    const { plan, ranges, given } = this.problem;
    const layers = inFloat.length === 1 ? 'layer' : 'layers';
    const message = `Measuring with ${inFloat.length} ${layers} in float`;
    this.context.progress({ fraction: 0.97, message });
    const excluded = new Map([...given, ...inFloat.map(({ unit }) => [unit.key, ''] as const)]);
    return withStored(emitStatic(plan, ranges, excluded).model, plan.stored);
  }

  private meets(fidelity: Fidelity): boolean {
    const { minSqnr, maxDrop, spare } = this.problem.target;
    return fidelity.sqnrDb >= minSqnr + spare && (maxDrop >= 100 || dropOf(fidelity) <= maxDrop);
  }

  private reasonFor({ aloneDb }: AloneLoss): string {
    const { minSqnr, maxDrop } = this.problem.target;
    const asked = [
      ...(minSqnr > 0 ? [formatDecibels(minSqnr)] : []),
      ...(maxDrop < 100 ? [`a drop of at most ${maxDrop} points`] : []),
    ].join(' and ');
    const where = this.scores.length > 0 ? ' ahead of the softmax' : '';
    return `Kept in float to meet ${asked}: quantized alone it leaves ${formatDecibels(finite(aloneDb))}${where}.`;
  }

  private note(whole: Fidelity, kept: readonly AloneLoss[], reached: Fidelity): string {
    const { size, random } = this.problem.reference;
    const on = `on ${size} ${random ? 'random ' : ''}${size === 1 ? 'sample' : 'samples'}`;
    if (kept.length === 0) return `The target is met with no further layer in float: ${this.show(whole)} ${on}.`;
    const layers = kept.length === 1 ? '1 layer stays' : `${kept.length} layers stay`;
    return `${layers} in float to meet the target: ${this.show(whole)} → ${this.show(reached)} ${on}.`;
  }

  private show(fidelity: Fidelity): string {
    const ratio = formatDecibels(finite(fidelity.sqnrDb));
    if (this.problem.target.maxDrop >= 100) return ratio;
    const drop = dropOf(fidelity);
    if (!Number.isFinite(drop)) return `${ratio}, accuracy unknown`;
    return `${ratio}, ${Math.abs(drop).toFixed(2)} points ${drop < 0 ? 'gained' : 'lost'}`;
  }
}

/** Percentage points of accuracy lost; Infinity where no output can score the labels. */
function dropOf({ accuracy }: Fidelity): number {
  return accuracy ? 100 * (accuracy.before - accuracy.after) : Infinity;
}

const finite = (db: number): number | null => (Number.isFinite(db) ? db : null);
