/** What a pass runs a model on: the data that came with the job, else typed random inputs that are marked as such. */
import { openData } from '../data/openData';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { indexBounds, inputPorts } from '../runtime/randomFeeds';
import { type PassContext } from './context';

/**
 * The context's data, or `randomCount` random samples where there is none (then `random` is true, and no quality claim
 * may rest on them). Throws `unsupported` where inputs cannot be made up: one that is not a tensor, say.
 */
export async function samplesFor(
  model: Model,
  { data, dims, log }: Pick<PassContext, 'data' | 'dims' | 'log'>,
  randomCount = 2,
): Promise<DataSource> {
  if (data) return data;
  const spec = { source: 'random', samples: randomCount };
  return openData(spec, inputPorts(model, dims), { ...(dims && { dims }), bounds: indexBounds(model), log });
}

/** The same, or the reason why there are none: for a pass that can go without. */
export async function samplesOrReason(...args: Parameters<typeof samplesFor>): Promise<DataSource | string> {
  try {
    return await samplesFor(...args);
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (error.code !== 'unsupported' && error.code !== 'data') throw error;
    return error.message;
  }
}
