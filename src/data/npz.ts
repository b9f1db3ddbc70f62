/** NumPy's .npz archives: a zip of .npy files, one per array. */
import { readFileSync } from 'node:fs';
import { LapidaryError } from '../protocol/errors';
import { openNpy, type NpyArray } from './npy';

/** Opens the arrays of an archive by name. Inflates all of it: archives of samples that do not fit should be .npy. */
export async function openNpz(path: string): Promise<ReadonlyMap<string, NpyArray>> {
  const { unzipSync } = await import('fflate');
  try {
    const entries = Object.entries(unzipSync(readFileSync(path))).filter(([name]) => name.endsWith('.npy'));
    return new Map(
      entries.map(([file, bytes]) => {
        const name = file.slice(0, -'.npy'.length);
        return [name, openNpy({ name: `${path}[${name}]`, read: (at, length) => bytes.subarray(at, at + length) })];
      }),
    );
  } catch (thrown) {
    if (thrown instanceof LapidaryError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new LapidaryError('data', `Could not read the archive ${path}: ${reason}.`, {}, { cause: thrown });
  }
}
