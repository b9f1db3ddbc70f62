/** Prunes until a model is fast enough on this machine. */
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { type Judged, type Pruned } from '../../pass/prune/round';
import { LapidaryError } from '../../protocol/errors';
import { compareModels } from '../../runtime/compareModels';
import { type Feeds, type InferenceRuntime } from '../../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { type Settings } from './settings';
import { type Shrink } from './shrinker';

/** Models that are measured at most: each halves the range of shares in question. */
const mostAttempts = 7;

/** Shares further apart than this differ by more than the noise of a measurement. */
const fineEnough = 0.02;

/** The model with the most multiply-accumulates whose latency is at most 1 − sparsity of the original's. */
export async function pruneToLatency(
  { model }: Judged,
  shrink: Shrink,
  options: Settings,
  context: PassContext,
): Promise<Pruned & { readonly notes: readonly string[] }> {
  const { runtime } = context;
  if (!runtime) {
    throw new LapidaryError('runtime-missing', 'Latency cannot be measured without a runtime.', {
      hint: 'Choose multiply-accumulates as the target.',
    });
  }
  const goal = 1 - options.sparsity;
  const feeds = randomFeeds(inputPorts(model, context.dims), {
    dims: context.dims,
    bounds: indexBounds(model),
  });
  let [low, high] = [0, 0.95];
  let best: { pruned: Pruned; share: number } | undefined;
  let last: { pruned: Pruned; share: number } | undefined;
  for (let attempt = 0; attempt < mostAttempts && high - low > fineEnough; attempt++) {
    throwIfCancelled(context.signal);
    const amount = (low + high) / 2;
    context.progress({
      fraction: 0.8 + (0.2 * attempt) / mostAttempts,
      message: `Measuring without ${Math.round(amount * 100)} % of the arithmetic`,
    });
    const pruned = shrink(amount, 'macs');
    const share = await latencyShare(model, pruned.model, feeds, runtime);
    context.log(
      `Without ${(amount * 100).toFixed(0)} % of the multiply-accumulates: ${(share * 100).toFixed(0)} % of the time.`,
    );
    last = { pruned, share };
    if (share <= goal) [best, high] = [last, amount];
    else low = amount;
  }
  const found = best ?? last!;
  const measured = `Measured here: ${(found.share * 100).toFixed(0)} % of the time of the original`;
  return {
    ...found.pruned,
    notes: [best ? `${measured}.` : `${measured}; ${(goal * 100).toFixed(0)} % is out of reach.`],
  };
}

/** Time of the pruned model over that of the original, both taking turns. */
async function latencyShare(before: Model, after: Model, feeds: Feeds, runtime: InferenceRuntime): Promise<number> {
  const { speedup } = await compareModels(runtime, { before, after }, feeds, { budgetMs: 800, maxRuns: 100 });
  return 1 / speedup;
}
