/** Latency of two models that are not loaded yet. */
import { type Model } from '../graph/model';
import { compareLatency, type LatencyComparison, type MeasureOptions } from './measure';
import { type Feeds, type InferenceRuntime } from './port';
import { openModelIn } from './runnable';

/** Loads both, measures them in turns on inputs that both take, on one thread, and closes them. */
export async function compareModels(
  runtime: InferenceRuntime,
  models: { readonly before: Model; readonly after: Model },
  feeds: Feeds,
  options: MeasureOptions,
): Promise<LatencyComparison> {
  const before = await openModelIn(runtime, models.before);
  try {
    const after = await openModelIn(runtime, models.after);
    try {
      return await compareLatency({ session: before, feeds }, { session: after, feeds }, options);
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
}
