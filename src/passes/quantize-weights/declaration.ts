import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Weight-only quantization: small on disk, float arithmetic. */
export const declaration = declarePass({
  id: 'quantize-weights',
  title: 'Weight-only Quantization',
  summary:
    'Stores the weights of every layer in 8 bits, one scale per channel, and restores them to float when the model is loaded: four times smaller, nearly the same outputs, the same speed.',
  kind: 'lossy',
  family: 'quantize',
  needs: {},
  suffix: 'w8',
  options: {
    bits: number({ title: 'Bits per weight', help: '8 is nearly lossless.', default: 8, oneOf: [8], integer: true }),
    granularity: choice({
      title: 'Scales',
      help: 'One scale per output channel is more accurate; one per tensor is for runtimes that know nothing else.',
      choices: { channel: 'Per output channel', tensor: 'Per tensor' },
      default: 'channel',
    }),
    form: choice({
      title: 'Restored by',
      help: 'ONNX Runtime folds Cast and Mul when it loads the model: the speed of the original, everywhere. It keeps DequantizeLinear: matrix products then run on the 8-bit weights (less memory, and faster where there are kernels for it), all other layers restore their weights in every run.',
      choices: {
        'cast-mul': 'Cast and Mul (the speed of the original)',
        mixed: 'DequantizeLinear for matrix products, Cast and Mul elsewhere',
        'dequantize-linear': 'DequantizeLinear (the standard form; opset 13)',
      },
      default: 'cast-mul',
      advanced: true,
    }),
    symmetric: flag({
      title: 'Symmetric',
      help: 'Zero maps to zero and no zero points are stored. Asymmetric uses the range better for one-sided weights.',
      default: true,
      advanced: true,
    }),
    minElements: number({
      title: 'Smallest weight',
      help: 'Weights with fewer elements stay in float: they save nothing.',
      default: 256,
      minimum: 0,
      integer: true,
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
