import { declarePass } from '../../pass/declaration';
import { excludeOption, number } from '../../pass/option';

/** Bias correction: takes back what quantization adds to the mean of each output channel. */
export const declaration = declarePass({
  id: 'correct-bias',
  title: 'Correct Biases',
  summary:
    'Moves the biases of a quantized model so that each channel has the mean again that it had in float. A step after quantization in the same run; worth most with one scale per tensor, and with few bits.',
  kind: 'lossy',
  family: 'quantize',
  needs: { data: 'required', runtime: 'required' },
  suffix: 'corrected',
  options: {
    calibrationSamples: number({
      title: 'Samples',
      help: 'How many samples the means are taken over. A few dozen are enough: there are many values in a channel.',
      default: 64,
      minimum: 1,
      integer: true,
    }),
    memory: number({
      title: 'Memory for intermediate values',
      help: 'Keeps the values between layers, so that each layer runs only twice; where they do not fit, layers run anew for each one that comes after them.',
      default: 512,
      minimum: 0,
      integer: true,
      unit: 'MB',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
