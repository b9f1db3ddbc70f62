import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Low-rank factorization of layers. */
export const declaration = declarePass({
  id: 'factorize',
  title: 'Low-Rank Factorization',
  summary:
    'Replaces large layers by two or three thinner ones that do nearly the same with less arithmetic, each in the way that costs its output least. With data, what the layers really see decides what is kept.',
  kind: 'lossy',
  family: 'factorize',
  needs: { data: 'optional', runtime: 'optional' },
  suffix: 'lowrank',
  options: {
    ratio: number({
      title: 'Cost to keep',
      help: 'Share of the cost of the whole model that is to remain. It is saved where it hurts least.',
      default: 0.5,
      minimum: 0.05,
      maximum: 0.99,
    }),
    cost: choice({
      title: 'Cost',
      help: 'What the ratio is of: the arithmetic, or the size of the weights.',
      choices: { macs: 'Multiply-accumulates', parameters: 'Parameters' },
      default: 'macs',
    }),
    rankBy: choice({
      title: 'Choose ranks by',
      help: 'The ratio spends one budget on all layers; the others look at each layer alone and save what they can.',
      choices: {
        ratio: 'The cost to keep',
        energy: 'The energy of the weights to keep',
        error: 'The error of the output to allow',
        evbmf: 'What stands out of noise (EVBMF)',
      },
      default: 'ratio',
      advanced: true,
    }),
    energy: number({
      title: 'Energy to keep',
      help: 'Share of the squared weights of a layer that its factors must keep, when ranks are chosen by energy.',
      default: 0.95,
      minimum: 0.1,
      maximum: 0.9999,
      advanced: true,
    }),
    maxError: number({
      title: 'Largest error of a layer',
      help: 'Noise over signal at the output of a layer (0.01 is 20 dB) that no layer may exceed. 1 sets no limit.',
      default: 1,
      minimum: 0.00001,
      maximum: 1,
      advanced: true,
    }),
    scheme: choice({
      title: 'Way to factorize',
      help: 'By default each layer gets the one with the least error at its cost.',
      choices: {
        auto: 'The best for each layer',
        svd: 'Singular values only (fewer output channels, then 1x1)',
        spatial: 'Spatial: k x 1, then 1 x k',
        tucker: 'Tucker-2: 1x1, k x k, 1x1',
      },
      default: 'auto',
      advanced: true,
    }),
    multipleOf: number({
      title: 'Ranks are multiples of',
      help: 'Processors work on 16 or 8 channels at a time, and a rank between costs as much as the next multiple. 0 takes what this machine gains from (half of it in narrow layers where that is not measured), 1 allows any rank.',
      default: 0,
      minimum: 0,
      maximum: 256,
      integer: true,
      advanced: true,
    }),
    merge: flag({
      title: 'Merge pairs that are not worth it',
      help: 'Two products in a row whose product is cheaper than both become one layer again.',
      default: true,
      advanced: true,
    }),
    measure: flag({
      title: 'Measure each layer',
      help: 'Times every changed layer before and after, and leaves those as they were that do not get faster here.',
      default: true,
      advanced: true,
    }),
    recover: flag({
      title: 'Recover afterwards',
      help: 'With data, the layers are refitted to the outputs of the original once all are factorized.',
      default: true,
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
