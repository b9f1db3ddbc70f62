/** Models whose channels are spoilt without changing what they compute: what corrections have to mend. */
import { cloneModel } from '../../src/graph/clone';
import { type Model } from '../../src/graph/model';
import { inferModel } from '../../src/operators/infer';
import { rescaleChannels } from '../../src/pass/channels/rescale';
import { traceChannels } from '../../src/pass/channels/trace';
import { seeded } from './random';

/** How to spoil. */
export interface UnbalanceOptions {
  readonly seed?: number;
  /** Factors are spread evenly, by logarithm, from 1/most to most. */
  readonly most?: number;
  /** Share of the channels that are scaled; 1 by default. */
  readonly share?: number;
  /** `norms`: only channels that a norm makes, such as the inputs of a transformer's products. */
  readonly where?: 'norms' | 'layers';
}

/** A copy that computes the same, with each channel that can be scaled multiplied by a random factor. */
export function unbalanced(model: Model, options: UnbalanceOptions = {}): Model {
  const { seed = 1, most = 10, share = 1, where = 'layers' } = options;
  const copy = cloneModel(model);
  const trace = traceChannels(copy, copy.graph, { inference: inferModel(copy) });
  const { classes } = trace;
  const roots = ({ ids }: { readonly ids: Int32Array }): number[] => Array.from(ids, (id) => classes.find(id));
  const read = new Set(trace.consumers.flatMap(roots));
  const ofNorms = new Set(trace.norms.flatMap(roots));
  const random = seeded(seed);
  const factors = new Map<number, number>();
  rescaleChannels(trace, (id) => {
    const root = classes.find(id);
    if (classes.whyFrozen(root) || !read.has(root) || ofNorms.has(root) !== (where === 'norms')) return 1;
    const known = factors.get(root);
    if (known !== undefined) return known;
    const factor = random() < share ? most ** (2 * random() - 1) : 1;
    factors.set(root, factor);
    return factor;
  });
  return copy;
}
