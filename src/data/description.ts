/** The description of a data set, `*.data.json`: where samples are, how they become tensors, what they are labelled. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { dictionary, either, list, numeric, record, text, word, yesNo, type JsonSchema, type TypeOf } from './field';

const pixels = numeric('Pixels.', { positive: true, whole: true });
const perChannel = (what: string) => either(what, numeric('For every channel.'), list('One per channel.', numeric('')));

const image = record('How images become tensors. Steps run in this order: resize, crop, scale, mean, std.', {
  resize: either(
    'A number: the short side, aspect kept. [height, width]: exactly that. Or { "longest": n } or { "height": n }.',
    pixels,
    either(
      '',
      list('[height, width].', pixels, 2),
      record('Aspect kept.', { longest: pixels, height: pixels, width: pixels }),
    ),
  ),
  filter: word('Filter for resizing, with antialiasing, as Pillow does it. Default bilinear.', [
    'bilinear',
    'bicubic',
    'lanczos',
    'nearest',
  ]),
  crop: either(
    'Cut out of the centre: a number for a square, or [height, width]. A smaller image is padded with black.',
    pixels,
    list('[height, width].', pixels, 2),
  ),
  multipleOf: numeric('Sizes are rounded up to a multiple of this by a last resize.', { positive: true, whole: true }),
  channels: word('Order of the channels; GRAY is ITU-R 601 luma. Default by the input: RGB, or GRAY for one channel.', [
    'RGB',
    'BGR',
    'GRAY',
  ]),
  scale: numeric('Pixels (0 to 255) are divided by this first. Default 255 for float inputs, 1 for integer ones.', {
    positive: true,
  }),
  mean: perChannel('Subtracted after the division by scale; in the order of the channels. Default 0.'),
  std: perChannel('Divides what is left. Default 1.'),
  layout: word('Default by the shape of the input.', ['NCHW', 'NHWC']),
});

const audio = record('How recordings become tensors: -1 to 1 in float.', {
  rate: numeric('Samples per second that the model expects; a recording of another rate is refused.', {
    positive: true,
    whole: true,
  }),
  length: numeric('Samples that the model takes at once. Default: from the shape of the input, else the whole.', {
    positive: true,
    whole: true,
  }),
  windows: word('"first": one sample per recording, padded with silence. "all": consecutive windows.', [
    'first',
    'all',
  ]),
});

const inputFields = {
  samples: either(
    'A folder of images, .npy or .wav files, or one or more .npy, .npz, .csv, .json, .wav; relative to this file.',
    text(''),
    list('Several files.', text('')),
  ),
  fill: numeric('In place of samples: every element has this value.'),
  stacked: yesNo('Whether the first axis of an array counts samples. Default: by comparing with the input.'),
  image,
  audio,
};

const labels = either(
  'A file (lines of name and class separated by tab or comma; .json; .npy), "folders" (each folder is a class), "none", or a pattern.',
  text(''),
  record('Labels from the names of the samples.', {
    pattern: text('Regular expression over the file name; its first group is the class.'),
    classes: either(
      'The classes in order: a list, or a file with lines "index<tab>name"; the group has to start a name. Default: the distinct groups in alphabetical order.',
      text(''),
      list('', text('')),
    ),
  }),
);

const description = record('A data set for Lapidary: what to feed a model, and what is true of it.', {
  $schema: text('Where this schema is.'),
  name: text('What reports call the data set.'),
  input: text('Name of the input that the samples are for. Default: the only one.'),
  ...inputFields,
  inputs: dictionary('For models with several inputs: a description for each.', record('One input.', inputFields)),
  state: dictionary(
    'For recurrent models: outputs that become inputs of the next sample, as "output": "input". The inputs start from what "inputs" says, else from zeros, for every recording or array anew.',
    text('Name of the input.'),
  ),
  labels,
  onBadSample: word(
    'What to do about a sample that cannot be read: name it and stop (default), or name it and go on.',
    ['stop', 'skip'],
  ),
});

/** Preprocessing of images. */
export type ImageDescription = NonNullable<TypeOf<typeof image>>;

/** Preprocessing of recordings. */
export type AudioDescription = NonNullable<TypeOf<typeof audio>>;

/** Where labels come from. */
export type LabelsDescription = TypeOf<typeof labels>;

/** Samples of one input. */
export interface InputDescription {
  readonly samples?: string | readonly string[];
  readonly fill?: number;
  readonly stacked?: boolean;
  readonly image?: ImageDescription;
  readonly audio?: AudioDescription;
}

/** The whole description; paths are as written until `readDescription` resolves them. */
export type DataDescription = TypeOf<typeof description>;

/** JSON schema of `*.data.json`; `schemas/data.schema.json` is this, and a test keeps them equal. */
export function descriptionSchema(): JsonSchema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Lapidary data set', ...description.schema };
}

/** Checks a description given as data; throws a `data` error that names the wrong field. */
export function parseDescription(value: unknown): DataDescription {
  return description.parse(value, '');
}

/** Reads `*.data.json` and makes its paths absolute. */
export function readDescription(file: string): DataDescription {
  const folder = path.dirname(path.resolve(file));
  try {
    return resolvePaths(parseDescription(JSON.parse(readFileSync(file, 'utf8'))), folder);
  } catch (thrown) {
    if (thrown instanceof LapidaryError) {
      throw new LapidaryError('data', `${file}: ${thrown.message}`, {}, { cause: thrown });
    }
    if (thrown instanceof SyntaxError) {
      throw new LapidaryError('data', `${file} is not JSON: ${thrown.message}.`, {}, { cause: thrown });
    }
    throw LapidaryError.from(thrown, 'data', { hint: `Could not read the description ${file}.` });
  }
}

/** The description with paths relative to `folder` made absolute. */
export function resolvePaths(given: DataDescription, folder: string): DataDescription {
  const absolute = (file: string) => path.resolve(folder, file);
  const samples = <T extends InputDescription>(each: T): T =>
    each.samples === undefined
      ? each
      : { ...each, samples: typeof each.samples === 'string' ? absolute(each.samples) : each.samples.map(absolute) };
  const inputs = given.inputs && Object.fromEntries(Object.entries(given.inputs).map(([k, v]) => [k, samples(v)]));
  return {
    ...samples(given),
    ...(inputs && { inputs }),
    ...(given.labels && { labels: resolveLabels(given.labels, absolute) }),
  };
}

function resolveLabels(given: LabelsDescription, absolute: (file: string) => string): LabelsDescription {
  if (typeof given === 'string') return given === 'folders' || given === 'none' ? given : absolute(given);
  return typeof given.classes === 'string' ? { ...given, classes: absolute(given.classes) } : given;
}
