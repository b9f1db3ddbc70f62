/** The last word on speed: both models as a whole, in turns, on random inputs. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { compareModels } from '../../runtime/compareModels';
import { type LatencyComparison } from '../../runtime/measure';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { weightBytes } from '../../runtime/runnable';

/**
 * Models with more weights than this are not loaded only to be measured: that takes their size in memory, and seconds. Their
 * layers are large, so what each gains by itself is far more than what conversions between them could cost.
 */
const largestModelBytes = 1e8;

/** Latency of both, or why it is not known. */
export async function compareWhole(
  before: Model,
  after: Model,
  dims: Readonly<Record<string, number>>,
  context: PassContext,
): Promise<LatencyComparison | string> {
  const { runtime, signal } = context;
  if (!runtime) return 'there is no runtime';
  if (weightBytes(before) > largestModelBytes) return 'it is too large to measure within a pass';
  try {
    const feeds = randomFeeds(inputPorts(before, dims), { bounds: indexBounds(before), dims });
    const settings = { budgetMs: 1000, minRuns: 8, maxRuns: 200, untilRatio: 1, signal };
    return await compareModels(runtime, { before, after }, feeds, settings);
  } catch (thrown) {
    const error = LapidaryError.from(thrown, 'runtime-failed');
    if (error.code !== 'runtime-failed' && error.code !== 'unsupported') throw error;
    context.log(`The whole model was not measured: ${error.message}`);
    return `it does not run on random inputs (${error.message})`;
  }
}
