import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** int8 weights and activations with ranges learnt from data: the fastest form on CPUs, and the one accelerators want. */
export const declaration = declarePass({
  id: 'quantize-static',
  title: 'Static 8-bit Quantization',
  summary:
    'Stores weights and computes layers in 8 bits, with ranges of activations learnt from sample data. The fastest form for convolutional networks; needs a few dozen typical samples.',
  kind: 'lossy',
  family: 'quantize',
  needs: { data: 'required', runtime: 'required' },
  suffix: 'int8',
  options: {
    method: choice({
      title: 'Calibration',
      help: 'How ranges of activations follow from what was seen. Automatic tries the others on the samples and keeps the one whose outputs come closest to the float model.',
      choices: {
        auto: 'Automatic (tries all, keeps the most accurate)',
        minmax: 'Smallest and largest value',
        'moving-average': 'Moving average of smallest and largest value',
        percentile: 'Percentile',
        entropy: 'Least relative entropy',
        mse: 'Least squared error',
      },
      default: 'auto',
    }),
    calibrationSamples: number({
      title: 'Calibration samples',
      help: 'How many samples ranges are learnt from, at most. 50 to 200 are enough for most models.',
      default: 128,
      minimum: 1,
      integer: true,
    }),
    layers: choice({
      title: 'Which layers',
      help: 'Checks what the runtime on this machine makes of the result, and puts back to float what would not run in int8, or would not be faster.',
      choices: {
        faster: 'Only where it is faster here (measured)',
        fused: 'Only what the runtime computes in int8',
        all: 'Everything that can be quantized',
      },
      default: 'faster',
    }),
    target: choice({
      title: 'Target',
      help: 'Where the model will run decides which operators may be quantized and which number formats they take.',
      choices: {
        cpu: 'ONNX Runtime on a CPU',
        tensorrt: 'TensorRT (symmetric int8)',
        qnn: 'Qualcomm NPU (16-bit activations)',
        webgpu: 'Browser: WebGPU or WebAssembly',
        mobile: 'Phones: NNAPI, XNNPACK, CoreML',
      },
      default: 'cpu',
    }),
    format: choice({
      title: 'Format',
      help: 'How the file says what is computed in 8 bits. Q/DQ is what every current runtime optimizes; the other needs ONNX Runtime, or operators of the opset alone.',
      choices: {
        qdq: 'QuantizeLinear and DequantizeLinear around float operators',
        qoperator: 'Operators on 8-bit numbers (QLinearConv …)',
      },
      default: 'qdq',
      advanced: true,
    }),
    activations: choice({
      title: 'Type of activations',
      help: 'The target has its own preference; 16 bits are more accurate, but no CPU has fast kernels for them.',
      choices: {
        target: 'As the target prefers',
        uint8: '8 bits, unsigned',
        int8: '8 bits, signed',
        uint16: '16 bits, unsigned',
        int16: '16 bits, signed',
      },
      default: 'target',
      advanced: true,
    }),
    weights: choice({
      title: 'Type of weights',
      help: 'int4 halves the file once more and is for accelerators: CPUs would compute in float. For CPUs there are 4-bit weights without activations (Quantize Weights).',
      choices: { int8: '8 bits, signed', uint8: '8 bits, unsigned', int4: '4 bits, signed' },
      default: 'int8',
      advanced: true,
    }),
    perChannel: flag({
      title: 'One scale per output channel',
      help: 'More accurate than one scale per weight tensor, at no cost.',
      default: true,
    }),
    reduceRange: choice({
      title: '7-bit weights',
      help: 'x86 processors without VNNI saturate when 8-bit products add up; 7-bit weights avoid that, at some cost in accuracy.',
      choices: { auto: 'Where this machine needs it', on: 'Yes', off: 'No' },
      default: 'auto',
      advanced: true,
    }),
    percentile: number({
      title: 'Percentile',
      help: 'Share of the values that a range covers, for calibration by percentile.',
      default: 99.99,
      minimum: 50,
      maximum: 100,
      unit: '%',
      advanced: true,
    }),
    simplify: flag({
      title: 'Simplify first',
      help: 'Folds constants and batch norms into layers before quantizing: fewer operators, better ranges.',
      default: true,
      advanced: true,
    }),
    minSqnr: number({
      title: 'Least SQNR of the outputs',
      help: 'Keeps the fewest layers in float with which the outputs reach this signal-to-noise ratio, as measured on samples. 0: no target.',
      default: 0,
      minimum: 0,
      maximum: 120,
      unit: 'dB',
      advanced: true,
    }),
    maxDrop: number({
      title: 'Largest drop of accuracy',
      help: 'Keeps the fewest layers in float with which top-1 accuracy drops by no more percentage points than this; needs labelled data. 100: no target.',
      default: 100,
      minimum: 0,
      maximum: 100,
      unit: 'points',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
