/** What benchmarks of pruning and factorizing share. */
import { type DataSource } from '../../src/data/source';
import { type Model } from '../../src/graph/model';
import { boundDims } from '../../src/jobs/modelFile';
import { type PassContext } from '../../src/pass/context';
import { profileModel } from '../../src/profile/profile';
import { loadOrt } from '../../src/runtime/ort';

/** Shapes of inputs, for models whose shapes are open. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Dynamic dimensions: as the shapes of the inputs imply, else 1. */
const dimsOf = (model: Model, inputShapes: InputShapes): Readonly<Record<string, number>> => ({
  ...Object.fromEntries(profileModel(model).symbols.map(({ name }) => [name, 1])),
  ...boundDims(model, { inputShapes }),
});

/** A context for passes that is told of nothing; `data` to look at, where there is any. */
export async function contextFor(model: Model, data?: DataSource, inputShapes: InputShapes = {}): Promise<PassContext> {
  const dims = dimsOf(model, inputShapes);
  return {
    ...{ runtime: await loadOrt(), original: model, dims, ...(data && { data }) },
    ...{ signal: new AbortController().signal, progress: () => undefined, log: () => undefined },
  };
}

/** Multiply-accumulates of one run. */
export const macsOf = (model: Model, inputShapes: InputShapes = {}): number =>
  Number(profileModel(model, { dims: dimsOf(model, inputShapes) }).model.macs);
