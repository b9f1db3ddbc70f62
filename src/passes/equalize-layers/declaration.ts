import { declarePass } from '../../pass/declaration';
import { choice, excludeOption } from '../../pass/option';

/** Cross-layer weight equalization: the same outputs, weights that quantize better. */
export const declaration = declarePass({
  id: 'equalize-layers',
  title: 'Equalize Layers',
  summary:
    'Evens out the weight ranges of channels between neighbouring layers, so that one scale per tensor fits them all. Outputs stay the same up to float rounding; run it before quantizing weights per tensor.',
  kind: 'lossless',
  family: 'quantize',
  needs: { runtime: 'optional', data: 'optional' },
  suffix: 'equalized',
  options: {
    relu6: choice({
      title: 'ReLU6',
      help: 'Channels cannot be scaled through a Clip at 6. Where no value of the data reaches it, a Relu does the same; replacing all of them changes outputs.',
      choices: {
        safe: 'Replace by Relu where the data never reaches the bound',
        always: 'Replace by Relu everywhere',
        never: 'Leave as it is',
      },
      default: 'safe',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
