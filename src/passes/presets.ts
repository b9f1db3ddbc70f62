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

/** All presets, in the order in which they are offered. */
export const presets: readonly Preset[] = [
  {
    id: 'smallest',
    title: 'Smallest',
    summary: 'Every weight in 8 bits with a scale per channel: a quarter of the size, nearly the same outputs.',
    suffix: 'smallest',
    steps: [step('simplify'), step('quantize-weights', { granularity: 'channel', form: 'cast-mul' })],
  },
  {
    id: 'fastest',
    title: 'Fastest on this CPU',
    summary: 'int8 arithmetic for the layers that are measured to gain from it on this machine; the others stay float.',
    suffix: 'fastest',
    steps: [step('simplify'), step('quantize-dynamic', { layers: 'faster', perChannel: true })],
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
