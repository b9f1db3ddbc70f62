import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, names } from '../../pass/option';

/** int8 weights and activations quantized as they come: no data needed. */
export const declaration = declarePass({
  id: 'quantize-dynamic',
  title: 'Dynamic 8-bit Quantization',
  summary:
    'Stores the weights of MatMul, Gemm, Attention and LSTM layers and of embeddings in 8 bits and multiplies in int8; activations are quantized as they come, so no data is needed. Best for transformers and recurrent networks.',
  kind: 'lossy',
  family: 'quantize',
  needs: { runtime: 'optional', runtimeUnless: { option: 'layers', is: 'all' } },
  suffix: 'int8',
  options: {
    layers: choice({
      title: 'Which layers',
      help: 'Only layers that get faster on this machine (measured one by one), or every layer that can be quantized.',
      choices: {
        faster: 'Only where it is faster here (measured)',
        all: 'Every MatMul, Gemm, Attention, LSTM and embedding',
      },
      default: 'faster',
    }),
    perChannel: flag({
      title: 'One scale per output channel',
      help: 'More accurate than one scale per tensor, at nearly no cost.',
      default: true,
    }),
    convolutions: flag({
      title: 'Convolutions too',
      help: 'Dynamic int8 convolutions run no faster than float in ONNX Runtime on a CPU, depthwise ones several times slower: leave this off unless size is all that counts.',
      default: false,
      advanced: true,
    }),
    reduceRange: flag({
      title: '7-bit weights',
      help: 'Avoids saturation on x86 processors without VNNI, at some cost in accuracy.',
      default: false,
      advanced: true,
    }),
    dims: names({
      title: 'Dimensions to measure with',
      help: 'Values of dynamic dimensions, such as sequence=128; the others are 1.',
      default: [],
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
