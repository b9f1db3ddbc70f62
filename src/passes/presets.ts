/**
 * Presets: passes that belong together, for people who know what they want and not how. Declarations only; a test
 * checks every step against the pass that it names.
 */
import { type ValuesOf } from '../pass/option';
import { type PassStep } from '../protocol/report';
import { declarations, type PassId } from './declarations';

/** A recipe that comes with Lapidary. */
export interface Preset {
  /** kebab-case; `lapidary run` takes it in place of a file. */
  readonly id: string;
  /** What the quick pick says, sentence case. */
  readonly title: string;
  /** One sentence: when to use it and what one gets. */
  readonly summary: string;
  /** Inserted before `.onnx` in the name of the output. */
  readonly suffix: string;
  readonly steps: readonly PassStep[];
}

/** A step whose options the compiler checks against the declaration. */
const step = <Id extends PassId>(
  pass: Id,
  options: Partial<ValuesOf<(typeof declarations)[Id]['options']>> = {},
): PassStep => ({ pass, options });

/** 4 bits as accurate as they get without data. */
const fourBits = { bits: 4, method: 'hqq', symmetric: false } as const;

/** All presets, in the order in which they are offered. */
export const presets: readonly Preset[] = [
  {
    id: 'smallest',
    title: 'Smallest',
    summary:
      'Every weight in 4 bits, fitted block by block: a sixth of the size, no data needed. Small networks lose accuracy: look at the result before you use it.',
    suffix: 'smallest',
    steps: [step('simplify'), step('quantize-weights', { ...fourBits, blockSize: 64 })],
  },
  {
    id: 'fastest',
    title: 'Fastest on this CPU',
    summary:
      'int8 weights and activations where that is faster on this machine, measured layer by layer: a quarter of the size. Needs a few dozen typical samples.',
    suffix: 'fastest',
    steps: [step('simplify'), step('quantize-static', { method: 'auto', target: 'cpu', perChannel: true })],
  },
  {
    id: 'fastest-without-data',
    title: 'Fastest without Data',
    summary:
      'int8 matrix products with activations quantized as they come, only where that is faster on this machine. For transformers and recurrent networks, and wherever there are no samples.',
    suffix: 'fastest-dynamic',
    steps: [step('simplify'), step('quantize-dynamic', { layers: 'faster', perChannel: true })],
  },
  {
    // Without equalize-layers: with a scale per channel it gained 1.5 dB on MobileNetV2 and lost 1.3 on a small ResNet.
    id: 'most-accurate-int8',
    title: 'Most Accurate int8',
    summary:
      'int8 with the calibration method that comes closest on your samples, and biases corrected afterwards: the means of the float model for every channel. Takes longer; needs a few dozen typical samples.',
    suffix: 'accurate-int8',
    steps: [
      step('simplify'),
      step('quantize-static', { method: 'auto', target: 'cpu', perChannel: true }),
      step('correct-bias'),
    ],
  },
  {
    id: '4-bit-weights',
    title: '4-bit Weights',
    summary:
      'For language models and other transformers: matrix products read weights of 4 bits, packed in small blocks, which ONNX Runtime does not unpack. No data needed.',
    suffix: 'w4',
    steps: [step('simplify'), step('quantize-weights', { ...fourBits, blockSize: 32, form: 'matmul-nbits' })],
  },
];

/** The preset of this id. */
export const presetOf = (id: string): Preset | undefined => presets.find((preset) => preset.id === id);

/** What data is to a preset: the most that one of its passes asks for. */
export function presetData({ steps }: Preset): 'required' | 'optional' | undefined {
  const needs = steps.map(({ pass }) => {
    const declared: { readonly data?: 'required' | 'optional' } = declarations[pass as PassId].needs;
    return declared.data;
  });
  return needs.includes('required') ? 'required' : needs.includes('optional') ? 'optional' : undefined;
}
