import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Weight-only quantization: small on disk; activations stay float. */
export const declaration = declarePass({
  id: 'quantize-weights',
  title: 'Weight-only Quantization',
  summary:
    'Stores the weights of every layer in 8, 4 or 2 bits; no data needed. 8 bits: four times smaller, nearly the same outputs, the same speed. 4 bits: seven times smaller, and matrix products read their packed weights.',
  kind: 'lossy',
  family: 'quantize',
  needs: {},
  suffix: 'w8',
  suffixes: { option: 'bits', by: { 4: 'w4', 2: 'w2' } },
  options: {
    bits: number({
      title: 'Bits per weight',
      help: '8 is nearly lossless. 4 suits large matrix products (transformers); 2 costs much accuracy.',
      default: 8,
      oneOf: [8, 4, 2],
      integer: true,
    }),
    method: choice({
      title: 'Method at 4 and 2 bits',
      help: 'Half-quadratic fits the scale of each block to its weights: more accurate, some ten times slower.',
      choices: { rtn: 'Round to nearest', hqq: 'Half-quadratic (HQQ)' },
      default: 'rtn',
    }),
    keepSums: flag({
      title: 'Keep sums at 4 and 2 bits',
      help: 'Rounds so that the sum of each block stays right: outputs do not shift behind activations that have a mean. Products behind norms, which centre, are left out.',
      default: true,
      advanced: true,
    }),
    fineEdges: flag({
      title: 'First and last layers in 8 bits',
      help: 'At 4 and 2 bits, for first and last layers with at most 2 % of the weights each: everything passes through them.',
      default: true,
      advanced: true,
    }),
    blockSize: number({
      title: 'Weights per scale at 4 and 2 bits',
      help: 'Small blocks are more accurate; each costs a scale of 32 bits.',
      default: 32,
      oneOf: [16, 32, 64, 128, 256],
      integer: true,
    }),
    granularity: choice({
      title: 'Scales at 8 bits',
      help: 'One scale per output channel is more accurate; one per tensor is for runtimes that know nothing else.',
      choices: { channel: 'Per output channel', tensor: 'Per tensor' },
      default: 'channel',
    }),
    form: choice({
      title: 'Restored by',
      help: 'What is folded when the model is loaded has the speed of the original, everywhere. ONNX Runtime multiplies matrices by packed weights with MatMulNBits: less memory, and faster where there are kernels for it. It keeps DequantizeLinear: all layers but matrix products then restore their weights in every run.',
      choices: {
        auto: '8 bits: folded when loaded; fewer: MatMulNBits and GatherBlockQuantized, the rest folded',
        'cast-mul': 'Folded when the model is loaded (the speed of the original)',
        'matmul-nbits': 'MatMulNBits and GatherBlockQuantized (ONNX Runtime only), the rest folded',
        mixed: 'DequantizeLinear for matrix products, the rest folded',
        'dequantize-linear': 'DequantizeLinear (the standard form; opset 13, 21 for 4 bits, 25 for 2)',
      },
      default: 'auto',
      advanced: true,
    }),
    symmetric: flag({
      title: 'Symmetric',
      help: 'Zero maps to the middle and no zero points are stored. Asymmetric uses the range better, above all in small blocks.',
      default: true,
      advanced: true,
    }),
    accuracyLevel: number({
      title: 'Accuracy level of MatMulNBits',
      help: '4 multiplies in int8, with activations quantized as they come: the fastest, at 0.5 to 0.9 % of error. 1 computes in float32, which at 8 and 2 bits has no fast kernel. 0 leaves it to the runtime.',
      default: 4,
      oneOf: [0, 1, 2, 3, 4],
      integer: true,
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
