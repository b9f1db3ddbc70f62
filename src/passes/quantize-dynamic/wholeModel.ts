/** The last word on speed: both models as a whole, in turns, on random inputs. */
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { compareLatency, type LatencyComparison } from '../../runtime/measure';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';

/** Weights beyond this are not copied into memory only to be measured. */
const largestModelBytes = 5e8;

/** Latency of both, or why it is not known. */
export async function compareWhole(
  before: Model,
  after: Model,
  dims: Readonly<Record<string, number>>,
  context: PassContext,
): Promise<LatencyComparison | string> {
  const { runtime, signal } = context;
  if (!runtime) return 'there is no runtime';
  const weightBytes = [...before.graph.initializers.values()].reduce(
    (sum, { constant }) => sum + constant!.byteLength,
    0,
  );
  if (weightBytes > largestModelBytes) return 'it is too large to measure within a pass';
  try {
    const feeds = randomFeeds(inputPorts(before, dims), { bounds: indexBounds(before), dims });
    const a = await runtime.open(encodeModel(before));
    try {
      const b = await runtime.open(encodeModel(after));
      try {
        const settings = { budgetMs: 1000, minRuns: 8, maxRuns: 200, signal };
        return await compareLatency({ session: a, feeds }, { session: b, feeds }, settings);
      } finally {
        await b.close();
      }
    } finally {
      await a.close();
    }
  } catch (thrown) {
    const error = LapidaryError.from(thrown, 'runtime-failed');
    if (error.code !== 'runtime-failed' && error.code !== 'unsupported') throw error;
    context.log(`The whole model was not measured: ${error.message}`);
    return `it does not run on random inputs (${error.message})`;
  }
}
