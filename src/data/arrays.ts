/** Samples from .npy and .npz arrays. */
import path from 'node:path';
import { bytesOf, toNumbers } from '../numerics/elements';
import { LapidaryError } from '../protocol/errors';
import { type Feeds, type RuntimeTensor } from '../runtime/port';
import { fitToSlot } from './cast';
import { labelNames } from './classes';
import { type FileList } from './files';
import { npyFile, openNpy, type NpyArray } from './npy';
import { openNpz } from './npz';
import { type SampleSet } from './sampleSet';
import { type InputSlot } from './slot';

/** How an array divides into samples. */
interface Division {
  readonly size: number;
  read(index: number): RuntimeTensor;
}

/**
 * Whether the first axis counts samples: yes when the array has one axis more than the input, or as many and the input
 * takes one at a time; a fixed batch takes that many rows. `stacked` overrides the guess.
 */
export function divide(array: NpyArray, { shape }: InputSlot, stacked?: boolean): Division {
  const single: Division = { size: 1, read: () => array.all() };
  const rank = array.shape.length;
  if (rank === 0 || stacked === false) return single;
  const count = array.shape[0]!;
  const rows = (take: number): Division => ({
    size: count / take,
    read: (index) => array.rows(index * take, take),
  });
  const dropped: Division = {
    size: count,
    read(index) {
      const { dataType, data } = array.rows(index, 1);
      return { dataType, data, shape: array.shape.slice(1) };
    },
  };
  if (!shape) return rows(1);
  if (rank > shape.length) return dropped;
  if (rank === shape.length) {
    const batch = shape[0] ?? 1;
    return stacked !== true && batch > 1 && count % batch === 0 ? rows(batch) : rows(1);
  }
  const wanted = shape.slice(shape.length - rank);
  const isOne = wanted.every((dim, axis) => dim === undefined || dim === array.shape[axis]);
  return isOne && stacked !== true ? single : dropped;
}

/** Samples for one input from any number of arrays. */
function arraySamples(arrays: readonly NpyArray[], slot: InputSlot, what: string, stacked?: boolean): SampleSet {
  const parts = arrays.map((array) => ({ array, ...divide(array, slot, stacked) }));
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const locate = (index: number) => {
    let rest = index;
    for (const part of parts) {
      if (rest < part.size) return { part, row: rest };
      rest -= part.size;
    }
    throw new LapidaryError('internal', `There is no sample ${index} of ${size}.`);
  };
  const name = (index: number): string => {
    const { part, row } = locate(index);
    const base = path.basename(part.array.name);
    return part.size === 1 ? base : `${base}[${row}]`;
  };
  const read = (index: number): Promise<Feeds> => {
    const { part, row } = locate(index);
    return Promise.resolve({ [slot.name]: fitToSlot(part.read(row), slot, name(index)) });
  };
  const begins = (index: number): boolean => locate(index).row === 0;
  return { what, size, inputs: [slot.name], name, begins, read };
}

/** Samples from .npy files: named after the inputs when there are several inputs, else all for the one input. */
export function npySets(files: FileList, slots: readonly InputSlot[], stacked?: boolean): SampleSet[] {
  const opened = files.names.map((name) => ({ name, array: openNpy(npyFile(path.join(files.root, name))) }));
  const what = files.folder ? `${files.names.length} arrays from ${path.basename(files.root)}` : files.names.join(', ');
  const [only] = slots;
  if (slots.length === 1 && only) {
    const arrays = opened.map(({ array }) => array);
    return [arraySamples(arrays, only, what, stacked)];
  }
  const bySlot = opened.map(({ name, array }) => {
    const stem = path.basename(name, path.extname(name));
    const slot = slots.find((each) => fileNameOf(each.name) === fileNameOf(stem));
    if (!slot) throw unmatched(stem, slots);
    return { slot, array };
  });
  return slots
    .map((slot) => ({ slot, arrays: bySlot.filter((each) => each.slot === slot).map(({ array }) => array) }))
    .filter(({ arrays }) => arrays.length > 0)
    .map(({ slot, arrays }) => arraySamples(arrays, slot, what, stacked));
}

/** Samples from archives: entries are matched to inputs by name, one entry alone goes to the one input. */
export async function npzSets(files: FileList, slots: readonly InputSlot[], stacked?: boolean): Promise<SampleSet[]> {
  const archives = await Promise.all(files.names.map((name) => openNpz(path.join(files.root, name))));
  const what = files.folder
    ? `${files.names.length} archives from ${path.basename(files.root)}`
    : files.names.join(', ');
  const entries = new Set(archives.flatMap((archive) => [...archive.keys()]));
  const label = [...labelNames].find((name) => entries.has(name) && !slots.some((slot) => slot.name === name));
  if (label !== undefined) entries.delete(label);
  const [onlyEntry] = entries;
  const sets: SampleSet[] = [];
  for (const slot of slots) {
    const alone = entries.size === 1 && slots.length === 1 ? onlyEntry : undefined;
    const entry = entries.has(slot.name) ? slot.name : alone;
    if (entry === undefined) continue;
    const arrays = archives.map((archive) => archive.get(entry)).filter((array) => array !== undefined);
    sets.push(arraySamples(arrays, slot, what, stacked));
  }
  if (sets.length === 0) throw unmatched([...entries].join('", "'), slots);
  const [first] = sets;
  if (label === undefined || !first) return sets;
  const classes = archives.flatMap((archive) => {
    const array = archive.get(label);
    return array ? classNumbers(array) : [];
  });
  return [{ ...first, labels: classes }, ...sets.slice(1)];
}

/** An array of class numbers; throws when it holds anything else. */
export function classNumbers(array: NpyArray): number[] {
  const { data, dataType } = array.all();
  if (Array.isArray(data)) throw new LapidaryError('data', `${array.name} holds text; classes are numbers.`);
  return toNumbers(dataType, bytesOf(data as Parameters<typeof bytesOf>[0]), data.length);
}

/** Names of inputs may hold what file names may not. */
const fileNameOf = (name: string): string => name.replace(/[^\w.-]/g, '_');

function unmatched(name: string, slots: readonly InputSlot[]): LapidaryError {
  return new LapidaryError('data', `"${name}" is not the name of an input.`, {
    hint: `Name the arrays after the inputs: ${slots.map((slot) => slot.name).join(', ')}.`,
  });
}
