/** A form of the model loaded once for all that is asked of it: how layers execute, what takes how long, how fast the whole is. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { openAudited } from '../../profile/audit/audit';
import { type AuditedLayer } from '../../protocol/audit';
import { compareLatency, type LatencyComparison, type MeasureOptions } from '../../runtime/measure';
import { type Feeds, type InferenceRuntime, type InferenceSession } from '../../runtime/port';

/** Runs under the profiler, of which the median counts. */
const measuredRuns = 9;

/** Services that trying a model needs. */
export interface TrialContext extends Pick<PassContext, 'signal' | 'progress' | 'log'> {
  readonly runtime: InferenceRuntime;
}

/** A loaded model and what is known of it. */
export interface Trial {
  /** How layers execute, by label; with times where the model was run. */
  readonly layers: ReadonlyMap<string, AuditedLayer>;
  /** Time, ms, of the Q and DQ nodes that are executed for a value; 0 where the model was not run. */
  conversionMs(value: string): number;
  /** Whoever opened the trial closes it. */
  readonly session: InferenceSession;
}

/** Loads a model; runs it on `feeds`, where there are any, for the times. */
export async function openTrial(
  model: Model,
  feeds: Feeds | undefined,
  { runtime, signal }: TrialContext,
): Promise<Trial> {
  const options = { signal, runs: measuredRuns, ...(feeds && { feeds }) };
  const { report, session, times } = await openAudited(model, runtime, options);
  const layers = new Map<string, AuditedLayer>();
  for (const layer of report.layers) if (!layers.has(layer.node)) layers.set(layer.node, layer);
  const conversions = new Map<string, number>();
  for (const [{ opType, name }, ms] of times) {
    // As Writer names them.
    const [, value] = (/^(De)?[Qq]uantizeLinear$/.test(opType) && /^(.*)_(?:Q|DQ)(?:$|_)/.exec(name)) || [];
    if (value !== undefined) conversions.set(value, (conversions.get(value) ?? 0) + ms);
  }
  return { layers, conversionMs: (value) => conversions.get(value) ?? 0, session };
}

/** How far latency is compared. */
export interface CompareOptions {
  /** Done as soon as it is clear on which side of this before / after lies; default 1. */
  readonly ratio?: number;
  /** Done after this time, clear or not. */
  readonly budgetMs?: number;
}

/** Latency of two that take the same inputs, in turns. */
export function compareSessions(
  before: InferenceSession,
  after: InferenceSession,
  feeds: Feeds,
  signal: AbortSignal,
  options?: CompareOptions,
): Promise<LatencyComparison> {
  return compareLatency({ session: before, feeds }, { session: after, feeds }, comparison(signal, options));
}

/** Settings by which this pass compares latency. */
export function comparison(signal: AbortSignal, { ratio = 1, budgetMs = 400 }: CompareOptions = {}): MeasureOptions {
  return { budgetMs, minRuns: 9, maxRuns: 100, signal, untilRatio: ratio };
}
