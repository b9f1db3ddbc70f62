/** Samples from .json files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { elementTypeText } from '../report/elementType';
import { type RuntimeTensor } from '../runtime/port';
import { elementsOf, fitToSlot } from './cast';
import { classesOf, labelNames } from './classes';
import { type FileList } from './files';
import { type SampleSet } from './sampleSet';
import { type InputSlot } from './slot';

/** JSON samples: `[sample, …]` or `{ "samples": […], "labels": […] }`; a sample is nested lists, or an object by input. */
export function jsonSet(files: FileList, slots: readonly InputSlot[]): SampleSet {
  const documents = files.names.map((name) => readJson(path.join(files.root, name)));
  const samples = documents.flatMap(({ samples: each }) => each);
  const explicit = documents.flatMap(({ labels }) => labels ?? []);
  const inline = samples.map((sample) => (isObject(sample) ? labelOf(sample) : undefined));
  const labels = explicit.length > 0 ? explicit : inline.every((label) => label !== undefined) ? inline : undefined;
  const name = (index: number) => `${files.names.join(', ')}[${index}]`;
  const read = (index: number) => {
    const sample = samples[index];
    const feeds = slots.map((slot) => {
      const value =
        isObject(sample) && Object.hasOwn(sample, slot.name)
          ? sample[slot.name]
          : slots.length === 1 && !isObject(sample)
            ? sample
            : undefined;
      if (value === undefined) {
        throw new LapidaryError('data', `Sample ${name(index)} says nothing about the input "${slot.name}".`);
      }
      return [slot.name, fitToSlot(fromNested(value, slot, name(index)), slot, name(index))] as const;
    });
    return Promise.resolve(Object.fromEntries(feeds));
  };
  return {
    what: `${samples.length} samples of ${files.names.join(', ')}`,
    size: samples.length,
    inputs: slots.map((slot) => slot.name),
    name,
    read,
    ...(labels && labels.length > 0 && { labels: classesOf(labels.map(String)) }),
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const labelOf = (sample: JsonObject): unknown =>
  [...labelNames].map((key) => sample[key]).find((value) => value !== undefined);

function readJson(file: string): { samples: readonly unknown[]; labels?: readonly unknown[] } {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new LapidaryError('data', `Could not read ${file}: ${reason}.`, {}, { cause: thrown });
  }
  if (Array.isArray(value)) return { samples: value };
  if (isObject(value) && Array.isArray(value.samples)) {
    return { samples: value.samples, ...(Array.isArray(value.labels) && { labels: value.labels as unknown[] }) };
  }
  throw new LapidaryError('data', `${file} is neither a list of samples nor an object with "samples".`, {
    hint: 'A description of a data set is named *.data.json.',
  });
}

function fromNested(value: unknown, slot: InputSlot, sample: string): RuntimeTensor {
  const flat: (number | string)[] = [];
  const shape: number[] = [];
  const visit = (each: unknown, depth: number): void => {
    if (Array.isArray(each)) {
      if (shape.length === depth) shape.push(each.length);
      if (shape[depth] !== each.length) throw ragged(sample, slot);
      for (const item of each) visit(item, depth + 1);
    } else if (depth !== shape.length) throw ragged(sample, slot);
    else if (typeof each === 'number' || typeof each === 'string') flat.push(each);
    else if (typeof each === 'boolean') flat.push(each ? 1 : 0);
    else throw new LapidaryError('data', `Sample ${sample} holds ${JSON.stringify(each)}.`, { tensor: slot.name });
  };
  visit(value, 0);
  if (slot.dataType === 'string') return { dataType: 'string', shape, data: flat.map(String) };
  const numbers = flat.filter((each) => typeof each === 'number');
  if (numbers.length !== flat.length) {
    throw new LapidaryError('data', `Sample ${sample} holds text, the input takes ${elementTypeText(slot.dataType)}.`, {
      tensor: slot.name,
    });
  }
  return { dataType: slot.dataType, shape, data: elementsOf(numbers, slot.dataType) };
}

const ragged = (sample: string, slot: InputSlot): LapidaryError =>
  new LapidaryError('data', `The lists of sample ${sample} are not of equal length.`, { tensor: slot.name });
