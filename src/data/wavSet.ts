/** Samples from recordings. */
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { elementsOf, fitToSlot } from './cast';
import { type AudioDescription } from './description';
import { type FileList } from './files';
import { type SampleSet } from './sampleSet';
import { showSlot, type InputSlot } from './slot';
import { openWav, type Recording } from './wav';

interface Window {
  readonly file: string;
  readonly recording: Recording;
  readonly start: number;
}

/** One sample per recording, or per window of a fixed length; the last window is padded with silence. */
export function wavSet(files: FileList, slot: InputSlot, { rate, length, windows }: AudioDescription = {}): SampleSet {
  const taken = length ?? lengthOf(slot);
  const all: Window[] = files.names.flatMap((file) => {
    const recording = openWav(path.join(files.root, file));
    if (rate !== undefined && recording.rate !== rate) {
      throw new LapidaryError('data', `${file} has ${recording.rate} samples per second, not ${rate}.`, {
        hint: 'Resample it: another rate would be another pitch to the model.',
      });
    }
    const count = windows === 'all' && taken !== undefined ? Math.max(1, Math.ceil(recording.frames / taken)) : 1;
    return Array.from({ length: count }, (_, index) => ({ file, recording, start: index * (taken ?? 0) }));
  });
  const name = (index: number): string => {
    const { file, start } = all[index]!;
    return start === 0 ? file : `${file}@${start}`;
  };
  const where = files.folder ? `from ${path.basename(files.root)}` : `(${files.names.slice(0, 3).join(', ')})`;
  return {
    what: `${all.length} ${windows === 'all' ? 'windows of recordings' : 'recordings'} ${where}`,
    size: all.length,
    inputs: [slot.name],
    name,
    begins: (index) => all[index]!.start === 0,
    read(index) {
      const { recording, start } = all[index]!;
      const values = recording.read(start, taken ?? recording.frames);
      const padded = taken === undefined || values.length === taken ? values : new Float32Array(taken);
      if (padded !== values) padded.set(values);
      const shape = waveShape(slot, padded.length);
      const tensor = { dataType: slot.dataType, shape, data: elementsOf(padded, slot.dataType) };
      return Promise.resolve({ [slot.name]: fitToSlot(tensor, slot, name(index)) });
    },
  };
}

/** The fixed length of an input such as [N, T] or [N, 1, T]. */
const lengthOf = ({ shape }: InputSlot): number | undefined => {
  const last = shape?.at(-1);
  return last !== undefined && last > 1 ? last : undefined;
};

/** Time on the last axis, every other axis 1. */
function waveShape(slot: InputSlot, length: number): number[] {
  const rank = slot.shape?.length ?? 2;
  if (rank === 0 || slot.shape?.slice(1, -1).some((dim) => dim !== undefined && dim !== 1)) {
    throw new LapidaryError('data', 'The input does not take a recording of one channel.', {
      tensor: slot.name,
      hint: `It takes ${showSlot(slot)}; give features as .npy instead.`,
    });
  }
  return [...Array.from({ length: rank - 1 }, () => 1), length];
}
