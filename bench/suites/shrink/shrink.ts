/** How fast models are pruned and factorized, how near to the best factors are, and what the result gains. */
import { type Benchmark } from '../../support/lab';
import { curvesAgainstLayers } from './curves';
import { latencyForMacs } from './latency';
import { againstNumpy } from './spectra';
import { toolTime } from './toolTime';
import { whitenedAgainstPlain } from './whitened';

export const shrink: Benchmark = {
  name: 'shrink',
  summary:
    'tool time of pruning and factorizing, SVD against numpy, data against weights, latency for MACs (--only tool, svd, whitened, curves, latency)',
  async run(lab) {
    const parts = {
      tool: toolTime,
      svd: againstNumpy,
      whitened: whitenedAgainstPlain,
      curves: curvesAgainstLayers,
      latency: latencyForMacs,
    };
    for (const [name, part] of Object.entries(parts)) {
      if (name.includes(lab.options.only)) await part(lab);
    }
  },
};
