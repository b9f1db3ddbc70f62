/** What was planned against what the runtime does: layers that do not fuse, or are not faster, go back to float. */
import { type LatencyComparison } from '../../runtime/measure';
import { type Feeds } from '../../runtime/port';
import { formatMillisecondsPair } from '../../report/format';
import { emitStatic } from './emit';
import { islandsOf } from './islands';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { selectUnits } from './select';
import { compareSessions, openTrial, type Trial, type TrialContext } from './trial';
import { type Unit } from './units';

/** Units that stay in float, by key, with the reason. */
export type Exclusions = ReadonlyMap<string, string>;

/** Rounds of leaving out and looking again; each leaves out something, real models settle in one or two. */
const mostRounds = 5;

/** A layer goes back to float when that saves at least this share of its own time … */
const ownShare = 0.1;
/** … and of the model's: less is not worth weights four times as large. */
const modelShare = 0.02;

/** What is not clear within this time, ms, is no such gain. */
const gainMs = 200;

/** What measuring came to. */
export interface Verdict {
  readonly excluded: Exclusions;
  /** The whole model, float against 8 bits; undefined when nothing is left in 8 bits, or nothing to measure with. */
  readonly whole?: LatencyComparison;
}

/** The model with some units in float, loaded. */
interface Candidate {
  readonly excluded: Exclusions;
  /** The float model's where no unit is in 8 bits. */
  readonly trial: Trial;
  readonly isFloat: boolean;
}

/** Loads the forms of a model that come into question, each of them once; close it. */
export class Verifier {
  private readonly open = new Set<Trial>();
  private float: Trial | undefined;

  /** `feeds`: inputs to measure on; without them nothing is left out for being slow. */
  constructor(
    private readonly plan: StaticPlan,
    private readonly ranges: Ranges,
    private readonly feeds: Feeds | undefined,
    private readonly context: TrialContext,
  ) {}

  /** Leaves out what would not run in 8 bits, then, as long as the model as a whole gets faster by it, what is slower so. */
  async leaveOut(): Promise<Verdict> {
    const fused = await this.fused(new Map(), this.feeds);
    if (!this.feeds) return { excluded: fused.excluded };
    return this.compared(await this.faster(fused, this.feeds));
  }

  /** Leaves out what would not run in 8 bits beside what is left out already, and measures what is left. */
  async lookAgain(given: Exclusions): Promise<Verdict> {
    return this.compared(await this.fused(given, undefined));
  }

  /** Closes whatever was loaded. */
  async close(): Promise<void> {
    const open = [...this.open];
    this.open.clear();
    this.float = undefined;
    for (const { session } of open) await session.close();
  }

  private async compared({ excluded, trial, isFloat }: Candidate): Promise<Verdict> {
    if (!this.feeds || isFloat) return { excluded };
    this.context.progress({ fraction: 0.96, message: 'Measuring the whole model' });
    const float = await this.floatTrial();
    const { signal } = this.context;
    return { excluded, whole: await compareSessions(float.session, trial.session, this.feeds, signal) };
  }

  /** Leaves out units that the runtime would compute in float with conversions on top; audits until there is none. */
  private async fused(given: Exclusions, timedOn: Feeds | undefined): Promise<Candidate> {
    let excluded = given;
    for (let round = 0; ; round++) {
      this.context.progress({ fraction: 0.86 + 0.01 * round, message: 'Looking at what the runtime makes of it' });
      const candidate = await this.candidate(excluded, timedOn);
      const unfused = candidate.isFloat ? new Map<string, string>() : this.unfused(candidate);
      if (unfused.size === 0 || round === mostRounds) return candidate;
      excluded = new Map([...excluded, ...unfused]);
      await this.drop(candidate.trial);
    }
  }

  private unfused({ excluded, trial }: Candidate): Map<string, string> {
    const found = new Map<string, string>();
    for (const unit of selectUnits(this.plan, new Set(excluded.keys())).active) {
      const layer = trial.layers.get(unit.node.label);
      if (layer?.runsAs !== 'float-qdq' && layer?.runsAs !== 'float') continue;
      const why = layer.reason ? `: ${layer.reason.replace(/\.$/, '')}` : '';
      found.set(unit.key, `The runtime would compute it in float, with conversions on top${why}.`);
    }
    return found;
  }

  private async faster(start: Candidate, feeds: Feeds): Promise<Candidate> {
    this.context.progress({ fraction: 0.9, message: 'Measuring layers in float and in 8 bits' });
    let current = start;
    for (let round = 0; round < mostRounds && !current.isFloat; round++) {
      const slower = slowerUnits(this.plan, current, await this.floatTrial());
      if (slower.size === 0) break;
      this.context.progress({ fraction: 0.91 + 0.01 * round, message: 'Measuring the whole model' });
      const fewer = await this.candidate(new Map([...current.excluded, ...slower]), feeds);
      const [now, then] = [current.trial.session, fewer.trial.session];
      const how = { ratio: 1 + modelShare, budgetMs: gainMs };
      const gain = await compareSessions(now, then, feeds, this.context.signal, how);
      const isWorse = !(gain.speedup > 1 + modelShare && gain.significant);
      await this.drop((isWorse ? fewer : current).trial);
      if (isWorse) break;
      current = fewer;
    }
    return current;
  }

  private async candidate(excluded: Exclusions, timedOn: Feeds | undefined): Promise<Candidate> {
    const { model, changed } = emitStatic(this.plan, this.ranges, excluded);
    const isFloat = changed.length === 0;
    const trial = isFloat ? await this.floatTrial() : await openTrial(model, timedOn, this.context);
    this.open.add(trial);
    return { excluded, trial, isFloat };
  }

  private async floatTrial(): Promise<Trial> {
    this.float ??= await openTrial(this.plan.model, this.feeds, this.context);
    this.open.add(this.float);
    return this.float;
  }

  /** Closes it, unless it is the float model, which stays for the next comparison. */
  private async drop(trial: Trial): Promise<void> {
    if (trial === this.float) return;
    this.open.delete(trial);
    await trial.session.close();
  }
}

/**
 * Layers that would gain from float: by themselves, or because what they hand codes to is not worth the conversions. None where
 * all of them together gain too little for the model.
 */
function slowerUnits(plan: StaticPlan, { excluded, trial }: Candidate, float: Trial): Map<string, string> {
  const total = [...trial.layers.values()].reduce((sum, { latencyMs = 0 }) => sum + latencyMs, 0);
  const timesOf = ({ node }: Unit): [before: number, after: number] => [
    float.layers.get(node.label)?.latencyMs ?? 0,
    trial.layers.get(node.label)?.latencyMs ?? 0,
  ];
  const slower = new Map<string, string>();
  let gain = 0;
  for (const { units, enter, leave } of islandsOf(selectUnits(plan, new Set(excluded.keys())))) {
    const layers = units.filter(({ rule }) => rule.role === 'layer');
    const before = units.reduce((sum, unit) => sum + timesOf(unit)[0], 0);
    const inside = units.reduce((sum, unit) => sum + timesOf(unit)[1], 0);
    const after = [...enter, ...leave].reduce((sum, { name }) => sum + trial.conversionMs(name), inside);
    if (after > before && after - before > 0.1 * modelShare * total) {
      const what = layers.length === 1 ? 'It is' : 'It and the layers that share its codes are';
      const reason = `${what} no faster in 8 bits here, conversions included: ${formatMillisecondsPair(before, after)}.`;
      for (const { key } of layers) slower.set(key, reason);
      gain += after - before;
      continue;
    }
    for (const unit of layers) {
      const [own, coded] = timesOf(unit);
      if (own === 0 || coded - own < ownShare * coded || coded - own < modelShare * total) continue;
      slower.set(unit.key, `It is no faster in 8 bits here: ${formatMillisecondsPair(own, coded)}.`);
      gain += coded - own;
    }
  }
  // Profiles are not exact: what falls short by little is tried all the same.
  return gain < modelShare * total * 0.5 ? new Map<string, string>() : slower;
}
