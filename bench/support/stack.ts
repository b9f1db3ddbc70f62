/** Samples as .npy files: what tools of every language read. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DataSource } from '../../src/data/source';
import { bytesOf } from '../../src/numerics/elements';
import { type RuntimeTensor } from '../../src/runtime/port';
import { npyBytes } from '../../test/support/npy';

/** What NumPy calls the element types of inputs, little-endian. */
const numpyTypes: Readonly<Partial<Record<string, string>>> = { float: '<f4', int64: '<i8', int32: '<i4' };

/**
 * Writes all samples under `base` and returns the file to name as data. One input: BASE.npy, stacked along the first
 * axis. Several: an array for each, stacked along a new first axis, and BASE.data.json, which says which is whose.
 */
export async function stackSamples(source: DataSource, base: string): Promise<string> {
  const columns = new Map<string, RuntimeTensor[]>();
  for await (const { feeds } of source.samples()) {
    for (const [name, tensor] of Object.entries(feeds)) {
      const column = columns.get(name);
      if (column) column.push(tensor);
      else columns.set(name, [tensor]);
    }
  }
  const [only] = columns.values();
  if (columns.size === 1 && only) {
    const [batch = 1, ...rest] = only[0]!.shape;
    writeFileSync(`${base}.npy`, stacked(only, [only.length * batch, ...rest]));
    return `${base}.npy`;
  }
  const inputs: Record<string, object> = {};
  for (const [name, column] of columns) {
    const file = `${base}.${name}.npy`;
    writeFileSync(file, stacked(column, [column.length, ...column[0]!.shape]));
    inputs[name] = { samples: path.basename(file), stacked: true };
  }
  writeFileSync(`${base}.data.json`, JSON.stringify({ inputs }, null, 2));
  return `${base}.data.json`;
}

function stacked(column: readonly RuntimeTensor[], shape: readonly number[]): Uint8Array {
  const { dataType } = column[0]!;
  const type = numpyTypes[dataType];
  if (type === undefined) throw new Error(`Inputs of type ${dataType} cannot be stacked.`);
  const rows = column.map(({ data }) => bytesOf(data as Float32Array | BigInt64Array));
  return npyBytes(type, shape, Buffer.concat(rows));
}
