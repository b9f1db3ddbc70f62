import { declarePass } from '../../pass/declaration';
import { choice, excludeOption, flag, number } from '../../pass/option';

/** Half precision throughout. */
export const declaration = declarePass({
  id: 'convert-float16',
  title: 'Convert to Float16',
  summary:
    'Stores weights and computes in 16-bit floats: half the size, nearly the same outputs. Faster on GPUs and phones; a CPU saves disk and memory, not time.',
  kind: 'lossy',
  family: 'convert',
  needs: { runtime: 'optional', data: 'optional', runtimeUnless: { option: 'checkRange', is: false } },
  suffix: 'fp16',
  suffixes: { option: 'precision', by: { 'bfloat16-weights': 'bf16' } },
  options: {
    precision: choice({
      title: 'What becomes 16 bits',
      help: 'Arithmetic in float16 is what GPUs and phones gain from. Weights alone keep the outputs closer and run anywhere: bfloat16 has the range of float32, float16 eight times its precision.',
      choices: {
        float16: 'Weights and arithmetic, float16',
        'float16-weights': 'Weights alone, stored in float16',
        'bfloat16-weights': 'Weights alone, stored in bfloat16',
      },
      default: 'float16',
    }),
    keepIoTypes: flag({
      title: 'Keep inputs and outputs in float32',
      help: 'Callers need not change; casts are added at the borders.',
      default: true,
    }),
    checkRange: flag({
      title: 'Check ranges by running the model',
      help: 'Runs the original once and keeps layers in float32 whose values do not fit into float16.',
      default: true,
    }),
    minSqnr: number({
      title: 'Least SQNR',
      help: 'Layers that cost the most accuracy go back to float32 until the outputs reach this signal-to-noise ratio.',
      default: 50,
      minimum: 0,
      maximum: 120,
      unit: 'dB',
      advanced: true,
    }),
    exclude: excludeOption,
  },
});
