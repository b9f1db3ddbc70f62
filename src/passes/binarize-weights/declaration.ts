import { declarePass } from '../../pass/declaration';
import { excludeOption, flag, number } from '../../pass/option';

/** One bit per weight: the smallest file there is, for models that were trained for it. */
export const declaration = declarePass({
  id: 'binarize-weights',
  title: 'Binary Weights',
  summary:
    'Stores the weights of layers as one bit each with one scale per output channel: some thirty times smaller. Only models trained with binary weights keep their accuracy; speed stays the same.',
  kind: 'lossy',
  family: 'quantize',
  needs: {},
  suffix: 'w1',
  options: {
    keepEnds: flag({
      title: 'Keep first and last layers',
      help: 'Layers next to the inputs and the outputs stay in float: they are small, and errors there cost the most.',
      default: true,
    }),
    minElements: number({
      title: 'Smallest weight',
      help: 'Weights with fewer elements stay in float: they save next to nothing.',
      default: 1024,
      minimum: 0,
      integer: true,
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
