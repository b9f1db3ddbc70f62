/** Flags that several commands share, and what they mean to a job. */
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { type Bindings, type DataSpec } from '../protocol/jobs';
import { countOf, isOn, textOf, type Arguments, type Flag } from './arguments';

/** Prints JSON. */
export const jsonFlag: Flag = { name: 'json', help: 'Print one JSON document and nothing else on standard output.' };

/** Values for dynamic dimensions. */
export const bindingFlags: readonly Flag[] = [
  { name: 'dim', value: 'NAME=N', repeated: true, help: 'Value of a dynamic dimension (otherwise 1).' },
  { name: 'input', value: 'NAME=1x3x224x224', repeated: true, help: 'Shape of an input.' },
];

const dataFlag = (random: string): Flag => ({
  name: 'data',
  value: 'SPEC',
  repeated: true,
  help: `A folder of images, .npy, .npz, .csv, .json or .wav files, a *.data.json, or ${random}.`,
});

const sampleFlags: readonly Flag[] = [
  { name: 'labels', value: 'FILE', help: 'Classes of the samples: lines of name and class, or "folders".' },
  { name: 'samples', value: 'N', help: 'Use at most N samples (default: all; 8 if random).' },
  { name: 'skip', value: 'N', help: 'Leave out the first N samples, such as those used to calibrate.' },
  { name: 'seed', value: 'N', help: 'Seed of random data.' },
];

/** Which data to feed: made up unless something is given. */
export const dataFlags: readonly Flag[] = [dataFlag('"random" (default)'), ...sampleFlags];

/** Which data to feed, where it must be said. */
export const requiredDataFlags: readonly Flag[] = [dataFlag('"random"'), ...sampleFlags];

/** How to measure. */
export const measureFlags: readonly Flag[] = [
  { name: 'threads', value: 'N', help: 'Threads of the runtime while measuring (default 1).' },
  { name: 'latency', negatable: true, help: 'Measure latency, both models in turns (default).' },
];

/** Whether to measure at all. */
export const evaluateFlag: Flag = {
  name: 'evaluate',
  negatable: true,
  help: 'Measure both models afterwards (default).',
};

/** Where to write. */
export const outputFlags: readonly Flag[] = [
  { name: 'output', short: 'o', value: 'OUT', help: 'File to write.' },
  { name: 'overwrite', help: 'Replace OUT if it exists.' },
  { name: 'external-data', help: 'Keep weights in one file beside the model.' },
  { name: 'inline', help: 'Keep weights in the model.' },
];

/** Help for a command. */
export const helpFlag: Flag = { name: 'help', short: 'h', help: 'Show this.' };

/** Dimensions and input shapes; throws `usage`. */
export function bindingsOf(args: Arguments): Bindings {
  const dims = (args.values.get('dim') ?? []).map((text) => {
    const [name, value] = pairOf('dim', text);
    if (/^\d+$/.test(value)) return [name, Number(value)] as const;
    throw new LapidaryError('usage', `--dim ${text}: the value is a whole number.`);
  });
  const shapes = (args.values.get('input') ?? []).map((text) => {
    const [name, value] = pairOf('input', text);
    const shape = value === '' || value === 'scalar' ? [] : value.split(/[x,]/);
    if (shape.every((dim) => /^\d+$/.test(dim))) return [name, shape.map(Number)] as const;
    throw new LapidaryError('usage', `--input ${text}: a shape is written like 1x3x224x224.`);
  });
  return {
    ...(dims.length > 0 && { dims: Object.fromEntries(dims) }),
    ...(shapes.length > 0 && { inputShapes: Object.fromEntries(shapes) }),
  };
}

function pairOf(flag: string, text: string): [name: string, value: string] {
  const at = text.lastIndexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new LapidaryError('usage', `--${flag} ${text}: write NAME=VALUE.`);
}

/** The data that was asked for; undefined for none. */
export function dataOf(args: Arguments): DataSpec | undefined {
  const sources = args.values.get('data');
  const [labels, samples, skip, seed] = [
    textOf(args, 'labels'),
    countOf(args, 'samples'),
    countOf(args, 'skip'),
    countOf(args, 'seed'),
  ];
  if (samples === 0) throw new LapidaryError('usage', '--samples is at least 1.');
  const isRandom = !sources || sources.every((source) => source === 'random');
  if (isRandom && labels !== undefined) throw new LapidaryError('usage', '--labels needs --data.');
  if (isRandom && skip !== undefined) throw new LapidaryError('usage', '--skip needs --data.');
  if (!sources && samples === undefined && seed === undefined) return undefined;
  return {
    source: sources?.length === 1 ? sources[0]! : (sources ?? 'random'),
    ...(labels !== undefined && { labels }),
    ...(samples !== undefined && { samples }),
    ...(skip !== undefined && { skip }),
    ...(seed !== undefined && { seed }),
  };
}

/** How to measure; throws `usage`. */
export function measureOf(args: Arguments): { threads?: number; latency: boolean } {
  const threads = countOf(args, 'threads');
  if (threads === 0) throw new LapidaryError('usage', '--threads is at least 1.');
  return { ...(threads !== undefined && { threads }), latency: isOn(args, 'latency', true) };
}

/** Where to write; throws `usage` when it is not said. */
export function outputOf(args: Arguments): { output: string; overwrite: boolean; externalData?: boolean } {
  const output = textOf(args, 'output');
  if (output === undefined || output === '') {
    throw new LapidaryError('usage', 'Where should the result go?', { hint: 'Say -o OUT.' });
  }
  const [external, inline] = [isOn(args, 'external-data'), isOn(args, 'inline')];
  if (external && inline) throw new LapidaryError('usage', '--external-data and --inline exclude each other.');
  return {
    output: path.normalize(output),
    overwrite: isOn(args, 'overwrite'),
    ...((external || inline) && { externalData: external }),
  };
}
