/** Samples of one input as one .npy file: what tools of every language read. */
import { writeFileSync } from 'node:fs';
import { type DataSource } from '../../src/data/source';
import { bytesOf } from '../../src/numerics/elements';

/** Writes float samples of a single input, stacked along their first axis (NumPy format, version 1.0). */
export async function stackSamples(source: DataSource, file: string): Promise<void> {
  const rows: Uint8Array[] = [];
  let shape: readonly number[] = [];
  for await (const { feeds } of source.samples()) {
    const [tensor] = Object.values(feeds);
    if (!tensor || !(tensor.data instanceof Float32Array)) throw new Error('Only floats can be stacked.');
    shape = tensor.shape;
    rows.push(bytesOf(tensor.data));
  }
  const dims = [rows.length * shape[0]!, ...shape.slice(1)].join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims},), }`;
  // Magic, version, length of the header: padded so that the numbers start at a multiple of 64.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 0xff, padded.length >> 8]);
  writeFileSync(file, Buffer.concat([prefix, Buffer.from(padded, 'latin1'), ...rows]));
}
