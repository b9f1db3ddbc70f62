/** Samples of a recurrent model with the state filled in: for whoever runs parts of it, or takes samples out of order. */
import { CarriedState } from '../data/carriedState';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { type InferenceRuntime } from '../runtime/port';
import { openModelIn } from '../runtime/runnable';

/**
 * The samples with the state that `model` carries as part of their inputs. The model is run as they are read, each time
 * they are, so that none is kept. Without recurrent state: the same samples.
 */
export function withStateOf(model: Model, source: DataSource, runtime: InferenceRuntime): DataSource {
  const { description, random, labelled, classes, size, state } = source;
  if (!state || Object.keys(state).length === 0) return source;
  return {
    ...{ description, random, labelled, size },
    ...(classes !== undefined && { classes }),
    async *samples(start = 0, count = size) {
      const session = await openModelIn(runtime, model, { threads: 0 });
      try {
        const carried = new CarriedState(state);
        let index = 0;
        // State comes from the first sample on.
        for await (const sample of source.samples(0, start + count)) {
          const { feeds } = await carried.run(session, sample, []);
          if (index++ >= start) yield { ...sample, feeds };
        }
      } finally {
        await session.close();
      }
    },
  };
}
