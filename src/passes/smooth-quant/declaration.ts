import { declarePass } from '../../pass/declaration';
import { excludeOption, number, samplesOption } from '../../pass/option';

/** SmoothQuant: moves outliers of activations into weights, before activations are quantized. */
export const declaration = declarePass({
  id: 'smooth-quant',
  title: 'Smooth Activations',
  summary:
    'Scales down channels of activations that are far larger than the others, and scales up the weights that read them (SmoothQuant). Outputs stay the same up to float rounding; for transformers, before quantizing activations.',
  kind: 'lossless',
  family: 'quantize',
  needs: { data: 'required', runtime: 'required' },
  suffix: 'smooth',
  options: {
    alpha: number({
      title: 'Migration strength',
      help: 'How much of the difficulty goes from activations to weights: 0.5 shares it, 1 moves all. 0 tries several for each layer, measures the error of its outputs in 8 bits, and leaves layers that gain nothing.',
      default: 0,
      minimum: 0,
      maximum: 1,
    }),
    calibrationSamples: samplesOption('How many samples of the data tell the range of each channel.', 64),
    exclude: excludeOption,
  },
});
