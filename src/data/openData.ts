/** From a data specification to samples for the inputs of a model: the one entrance to this folder. */
import path from 'node:path';
import { countElements } from '../graph/shape';
import { LapidaryError } from '../protocol/errors';
import { type DataSpec } from '../protocol/jobs';
import { type PortInfo } from '../runtime/port';
import { npySets, npzSets } from './arrays';
import { elementsOf } from './cast';
import { csvSet } from './csv';
import {
  parseDescription,
  readDescription,
  resolvePaths,
  type DataDescription,
  type InputDescription,
} from './description';
import { listFiles } from './files';
import { imageSet } from './imageSet';
import { joinSets } from './join';
import { jsonSet } from './json';
import { folderLabels, readLabels, type Labels } from './labels';
import { randomSource } from './random';
import { type SampleSet } from './sampleSet';
import { slotsOf, type InputSlot, type ShapeBindings } from './slot';
import { type DataSource } from './source';
import { wavSet } from './wavSet';

/** What opening data depends on beside the specification. */
export interface OpenDataOptions extends ShapeBindings {
  /** Exclusive upper bounds of random integer inputs, by name. */
  readonly bounds?: Readonly<Record<string, number>>;
  /** What to do about a sample that cannot be read; a description may say otherwise. Default 'stop'. */
  readonly onBadSample?: 'stop' | 'skip';
  /** Told about skipped samples. */
  readonly log?: (message: string) => void;
}

/** Opens data for the inputs of a model. Throws `data` errors that name the file, the field or the input. */
export async function openData(
  spec: DataSpec,
  inputs: readonly PortInfo[],
  options: OpenDataOptions = {},
): Promise<DataSource> {
  const sources = typeof spec.source === 'string' ? [spec.source] : spec.source;
  const [first] = sources;
  if (first === undefined) throw new LapidaryError('data', 'No data was named.');
  if (first === 'random' && sources.length === 1) {
    return randomSource(inputs, { ...options, samples: spec.samples, seed: spec.seed });
  }
  const description = describe(spec, sources);
  const slots = slotsOf(inputs, options);
  const { state } = description;
  const started = new Set(Object.values(state ?? {}));
  for (const name of started) chosen(slots, name);
  const sets = description.inputs
    ? await setsByInput(description.inputs, slots)
    : await setsOf(
        description,
        chosen(slots, description.input).filter(({ name }) => !started.has(name)),
      );
  const fed = new Set(sets.flatMap((set) => set.inputs));
  const zeros = slots.filter(({ name }) => started.has(name) && !fed.has(name)).map((slot) => filled(slot, 0));
  return joinSets([...sets, ...zeros], {
    slots,
    ...(state && { state }),
    name: description.name,
    labels: labelsFor(spec, description, sets),
    skip: spec.skip,
    samples: spec.samples,
    onBadSample: description.onBadSample ?? options.onBadSample ?? 'stop',
    log: options.log,
  });
}

/** The description: from a `*.data.json`, or from the specification itself. */
function describe(spec: DataSpec, sources: readonly string[]): DataDescription {
  const [first = ''] = sources;
  const read: DataDescription = first.endsWith('.data.json')
    ? readDescription(first)
    : { samples: sources.map((source) => path.resolve(source)) };
  const given = spec.description === undefined ? {} : resolvePaths(parseDescription(spec.description), process.cwd());
  const merged = { ...read, ...given };
  if (merged.samples === undefined && merged.inputs === undefined) {
    throw new LapidaryError('data', `${first} says neither "samples" nor "inputs".`);
  }
  return merged;
}

function chosen(slots: readonly InputSlot[], name: string | undefined): readonly InputSlot[] {
  if (name === undefined) return slots;
  const slot = slots.find((each) => each.name === name);
  if (slot) return [slot];
  throw noInput(name, slots);
}

const noInput = (name: string, slots: readonly InputSlot[]): LapidaryError =>
  new LapidaryError('data', `The model has no input "${name}".`, {
    hint: `Its inputs are ${slots.map((slot) => slot.name).join(', ')}.`,
  });

async function setsByInput(
  inputs: Readonly<Record<string, InputDescription>>,
  slots: readonly InputSlot[],
): Promise<SampleSet[]> {
  const sets = await Promise.all(Object.entries(inputs).map(([name, each]) => setsOf(each, chosen(slots, name))));
  return sets.flat();
}

async function setsOf(description: InputDescription, slots: readonly InputSlot[]): Promise<SampleSet[]> {
  if (description.fill !== undefined) return slots.map((slot) => filled(slot, description.fill!));
  if (description.samples === undefined) {
    throw new LapidaryError('data', `The description has neither "samples" nor "fill" for ${slots[0]?.name ?? 'it'}.`);
  }
  const files = listFiles(description.samples);
  switch (files.kind) {
    case 'image':
      return [imageSet(files, theOne(slots, 'Images'), description.image)];
    case 'wav':
      return [wavSet(files, theOne(slots, 'Recordings'), description.audio)];
    case 'npy':
      return npySets(files, slots, description.stacked);
    case 'npz':
      return npzSets(files, slots, description.stacked);
    case 'csv':
      return [csvSet(files, slots)];
    case 'json':
      return [jsonSet(files, slots)];
  }
}

function theOne(slots: readonly InputSlot[], what: string): InputSlot {
  const [slot] = slots;
  if (slot && slots.length === 1) return slot;
  throw new LapidaryError('data', `${what} go to one input, and the model has ${slots.length}.`, {
    hint: `Describe the inputs ${slots.map((each) => each.name).join(', ')} in a *.data.json with "inputs".`,
  });
}

/** The same number everywhere: the state that a recurrent model starts from, a flag, a sample rate. */
function filled(slot: InputSlot, value: number): SampleSet {
  const shape = (slot.shape ?? []).map((dim) => dim ?? 1);
  const size = countElements(shape);
  const data = elementsOf(new Float64Array(size).fill(value), slot.dataType);
  const feeds = { [slot.name]: { dataType: slot.dataType, shape, data } };
  const name = () => `${slot.name} = ${value}`;
  return { what: name(), size: 1, inputs: [slot.name], name, read: () => Promise.resolve(feeds), constant: true };
}

/** An explicit source of labels wins; then classes that came with the samples; then class folders. */
function labelsFor(spec: DataSpec, description: DataDescription, sets: readonly SampleSet[]): Labels | undefined {
  const leading = sets.find((set) => !set.constant) ?? sets[0];
  if (!leading) return undefined;
  const names = Array.from({ length: leading.size }, (_, index) => leading.name(index));
  const source = spec.labels === undefined ? description.labels : path.resolve(spec.labels);
  if (source !== undefined)
    return readLabels(spec.labels === 'none' || spec.labels === 'folders' ? spec.labels : source, names);
  const own = sets.find((set) => set.labels)?.labels;
  return own ? { classes: own, from: 'the data itself' } : folderLabels(names);
}
