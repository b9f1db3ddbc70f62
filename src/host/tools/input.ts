/** What a language model asks for, checked: it may be anything. Knows no vscode. */
import path from 'node:path';
import { presetOf } from '../../passes/presets';
import { LapidaryError } from '../../protocol/errors';
import { type DataSpec } from '../../protocol/jobs';
import { type PassStep } from '../../protocol/report';

type Input = Readonly<Record<string, unknown>>;

/** The fields of an input. */
export function fieldsOf(input: unknown): Input {
  return typeof input === 'object' && input !== null ? (input as Input) : {};
}

/** A path among the fields, absolute; `folder` is what relative ones are relative to. */
export function pathField(input: Input, field: string, folder: string | undefined): string {
  const value = input[field];
  if (typeof value === 'string' && value.trim() !== '') return absolute(value, folder);
  throw new LapidaryError('usage', `"${field}" has to be the path of a model.`);
}

/** A path as it was meant. */
export function absolute(value: string, folder: string | undefined): string {
  if (path.isAbsolute(value)) return value;
  if (folder === undefined) throw new LapidaryError('usage', `"${value}" is relative, and no folder is open.`);
  return path.join(folder, value);
}

/** Values for dynamic dimensions, if any. */
export function dimsField({ dims }: Input): Readonly<Record<string, number>> | undefined {
  if (dims === undefined) return undefined;
  const entries = Object.entries(fieldsOf(dims));
  const wrong = entries.find(([, value]) => !Number.isSafeInteger(value) || Number(value) < 1);
  if (wrong) throw new LapidaryError('usage', `Dimension "${wrong[0]}" has to be a whole number of at least 1.`);
  return Object.fromEntries(entries.map(([name, value]) => [name, Number(value)]));
}

/** The data, if any was named. */
export function dataField({ data }: Input, folder: string | undefined): DataSpec | undefined {
  if (data === undefined || data === 'random') return undefined;
  if (typeof data !== 'string') throw new LapidaryError('usage', '"data" has to be a path.');
  return { source: absolute(data, folder) };
}

/** What to do: the steps of a preset, or those that were given; with the part of the output's name that tells of it. */
export function stepsField({ preset, steps }: Input): { readonly steps: readonly PassStep[]; readonly suffix: string } {
  if (typeof preset === 'string') {
    const found = presetOf(preset);
    if (!found) throw new LapidaryError('usage', `There is no preset "${preset}".`);
    return found;
  }
  if (!Array.isArray(steps) || steps.length === 0) throw new LapidaryError('usage', 'Give a preset or steps.');
  const known = steps.map((each): PassStep => {
    const { pass, options } = fieldsOf(each);
    if (typeof pass !== 'string') throw new LapidaryError('usage', 'Each step has to name its pass.');
    return { pass, options: fieldsOf(options) };
  });
  return { steps: known, suffix: 'small' };
}
