/** What benchmarks of pruning and factorizing share. */
import { type DataSource } from '../../src/data/source';
import { type Model } from '../../src/graph/model';
import { type PassContext } from '../../src/pass/context';
import { profileModel } from '../../src/profile/profile';
import { loadOrt } from '../../src/runtime/ort';

/** Dynamic dimensions at 1. */
const onesOf = (model: Model): Record<string, number> =>
  Object.fromEntries(profileModel(model).symbols.map(({ name }) => [name, 1]));

/** A context for passes that is told of nothing; `data` to look at, where there is any. */
export async function contextFor(model: Model, data?: DataSource): Promise<PassContext> {
  return {
    ...{ runtime: await loadOrt(), original: model, dims: onesOf(model), ...(data && { data }) },
    ...{ signal: new AbortController().signal, progress: () => undefined, log: () => undefined },
  };
}

/** Multiply-accumulates with every dynamic dimension at 1. */
export const macsOf = (model: Model): number => Number(profileModel(model, { dims: onesOf(model) }).model.macs);
