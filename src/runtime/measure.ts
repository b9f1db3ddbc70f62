/**
 * Latency that can be believed: two sessions take turns on the same inputs, so that whatever else the machine does
 * hits both alike; a difference counts only when the paired runs agree on it.
 */
import { LapidaryError } from '../protocol/errors';
import { type LatencyReport } from '../protocol/report';
import { type Feeds, type InferenceSession } from './port';

/** How long and how carefully to measure. */
export interface MeasureOptions {
  /** Time for the measured runs, ms; at least `minRuns` are made even if that takes longer. Default 2000. */
  readonly budgetMs?: number;
  /** Unmeasured runs before. Default 3. */
  readonly warmups?: number;
  /** Default 8: of fewer, not even all that agree show a difference at 99 % confidence. */
  readonly minRuns?: number;
  /** Default 300. */
  readonly maxRuns?: number;
  /** Outputs to fetch: all by default. */
  readonly outputs?: readonly string[];
  /**
   * Ends a comparison of two as soon as it is settled whether `before` takes more or less than this many times what `after`
   * takes: when it is clear after 10, 20, 40 … pairs of runs, the budget need not be used up.
   */
  readonly untilRatio?: number;
  readonly signal?: AbortSignal;
  /** Told after each pair of runs, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Both distributions and whether they differ. */
export interface LatencyComparison {
  readonly before: LatencyReport;
  readonly after: LatencyReport;
  /** before.medianMs / after.medianMs. */
  readonly speedup: number;
  /** True when the paired runs show a difference of more than 2 %, at 99 % confidence; see `differs`. */
  readonly significant: boolean;
  /** Fastest run of each, ms: what a single operator costs when nothing else disturbs it. */
  readonly fastest: { readonly beforeMs: number; readonly afterMs: number };
}

/** One side of a comparison: a session with the inputs it takes (names may differ between models). */
export interface Contestant {
  readonly session: InferenceSession;
  readonly feeds: Feeds;
}

/** Runs both in turns, ABBA, and compares. */
export async function compareLatency(
  before: Contestant,
  after: Contestant,
  options: MeasureOptions = {},
): Promise<LatencyComparison> {
  const [a, b] = await interleave([before, after], options);
  const [beforeReport, afterReport] = [summarize(a!), summarize(b!)];
  return {
    before: beforeReport,
    after: afterReport,
    speedup: beforeReport.medianMs / afterReport.medianMs,
    significant: differs(a!, b!),
    fastest: { beforeMs: Math.min(...a!), afterMs: Math.min(...b!) },
  };
}

/** Any number of sessions in turns: what lies between their medians is not the machine's mood. */
export async function measureTogether(
  contestants: readonly Contestant[],
  options: MeasureOptions = {},
): Promise<LatencyReport[]> {
  return (await interleave(contestants, options)).map(summarize);
}

/** Median and interquartile range of times in ms. */
export function summarize(times: readonly number[]): LatencyReport {
  const sorted = [...times].sort((x, y) => x - y);
  return {
    medianMs: quantile(sorted, 0.5),
    iqrMs: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    runs: times.length,
  };
}

/**
 * True when the median of log(b/a) over paired runs lies beyond ±log 1.02 at 99 % confidence, and the two medians, which
 * is what a person is shown, agree on the direction. The interval is the distribution-free one from order statistics
 * (the sign test turned round; see Conover, Practical Nonparametric Statistics, section 3.2), so outliers of a busy
 * machine do not matter. Bursts of other work make neighbouring runs alike, which the test takes for independent: that
 * the whole interval has to lie beyond 2 % makes up for it: of 540 comparisons of nine models with themselves and with
 * weight-only quantized copies, on two cores with a load of 8 to 13, two were claimed to differ.
 */
export function differs(a: readonly number[], b: readonly number[]): boolean {
  const ratios = a.map((time, index) => Math.log(b[index]! / time)).sort((x, y) => x - y);
  const rank = confidenceRank(ratios.length, 0.01);
  if (rank === undefined) return false;
  const [low, high] = [ratios[rank]!, ratios[ratios.length - 1 - rank]!];
  const least = Math.log(1.02);
  const shown = Math.log(summarize(b).medianMs / summarize(a).medianMs);
  return (low > least && shown > 0) || (high < -least && shown < 0);
}

/** Pairs of runs after which it is first asked whether a comparison is settled. */
const firstLook = 10;

/** Whether before / after is known to lie on one side of `ratio`; four looks, as strict together as one at 99 %. */
export function isSettled(before: readonly number[], after: readonly number[], ratio: number): boolean {
  const rank = confidenceRank(before.length, 0.01 / 4);
  if (rank === undefined) return false;
  const ratios = before.map((time, index) => time / after[index]!).sort((x, y) => x - y);
  return ratios[rank]! > ratio || ratios[ratios.length - 1 - rank]! < ratio;
}

async function interleave(contestants: readonly Contestant[], options: MeasureOptions): Promise<number[][]> {
  const { budgetMs = 2000, warmups = 3, minRuns = 8, maxRuns = 300, outputs, untilRatio, signal, onProgress } = options;
  const time = async ({ session, feeds }: Contestant): Promise<number> => {
    if (signal?.aborted) throw new LapidaryError('cancelled', 'Measuring was cancelled.');
    const start = performance.now();
    await session.run(feeds, outputs);
    return performance.now() - start;
  };
  // A slow model must not spend its budget on warming up: the first run already pays for allocation.
  for (let run = 0, spent = 0; run < warmups && (run === 0 || spent < budgetMs / 4); run++) {
    for (const contestant of contestants) spent += await time(contestant);
  }
  const times = contestants.map((): number[] => []);
  const order = contestants.map((_, index) => index);
  const start = performance.now();
  let look = firstLook;
  for (let run = 0; run < maxRuns; run++) {
    const spent = performance.now() - start;
    if (run >= minRuns && spent >= budgetMs) break;
    if (untilRatio !== undefined && run === look) {
      if (isSettled(times[0]!, times[1]!, untilRatio)) break;
      look *= 2;
    }
    onProgress?.(Math.min(1, Math.max(run / maxRuns, Math.min(spent / budgetMs, run / minRuns))));
    for (const index of order) times[index]!.push(await time(contestants[index]!));
    // ABBA: whatever follows a run of one kind (caches, clocks) falls on both evenly.
    order.reverse();
  }
  return times;
}

/** Quantile of sorted numbers by linear interpolation. */
function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const below = sorted[low]!;
  return below + ((sorted[low + 1] ?? below) - below) * (at - low);
}

/**
 * Largest k such that [x(k), x(n-1-k)] (sorted, from 0) covers the median with probability 1 - alpha: the binomial
 * tail P(B ≤ k) ≤ alpha/2 for B ~ Bin(n, ½). Undefined when n is too small for any.
 */
function confidenceRank(n: number, alpha: number): number | undefined {
  let probability = 0.5 ** n;
  let tail = probability;
  let rank: number | undefined;
  for (let k = 0; tail <= alpha / 2 && k < n / 2; k++) {
    rank = k;
    probability *= (n - k) / (k + 1);
    tail += probability;
  }
  return rank;
}
