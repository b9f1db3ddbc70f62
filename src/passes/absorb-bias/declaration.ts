import { declarePass } from '../../pass/declaration';
import { excludeOption, flag, number, samplesOption } from '../../pass/option';

/** High-bias absorption: activations that start near zero need fewer of the 256 levels. */
export const declaration = declarePass({
  id: 'absorb-bias',
  title: 'Absorb High Biases',
  summary:
    'Moves what lies far above zero before a Relu from the bias of one layer into that of the next, so that activations take up a smaller range. For static quantization, after equalize-layers.',
  kind: 'lossy',
  family: 'quantize',
  needs: { runtime: 'optional', data: 'optional' },
  suffix: 'absorbed',
  options: {
    deviations: number({
      title: 'Standard deviations',
      help: 'A channel is lowered by its mean less so many standard deviations. 3 leaves about 0.1 % of normally distributed values below zero, where they are cut off.',
      default: 3,
      minimum: 1,
      maximum: 10,
      advanced: true,
    }),
    cutting: flag({
      title: 'Cut values off',
      help: 'Lowers channels by that much even where some value of the data would end up below zero and be cut off. Without it, outputs on the data stay the same up to rounding.',
      default: false,
      advanced: true,
    }),
    padded: flag({
      title: 'Before padded convolutions',
      help: 'Zero pads are not lowered with the image, so its edges change. Compare outputs before you keep the result.',
      default: false,
      advanced: true,
    }),
    calibrationSamples: samplesOption('How many samples of the data tell the mean and deviation of each channel.', 64),
    exclude: excludeOption,
  },
});
