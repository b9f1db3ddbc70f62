/**
 * Which channels of the original a pruned layer still has, from the numbers alone: pruning keeps weights as they are
 * and in their order, so that what is left can be found again.
 */
import { type Matrix } from '../../numerics/linear/matrix';

/**
 * Rows of `whole` that `part` was cut from: rows(part) × (fewer columns) out of rows(whole) × columns, columns in blocks
 * of `taps` that go together. Undefined when it was not cut from it, or when that is not the only way to read it.
 */
export function keptRows(part: Matrix, whole: Matrix, taps: number): number[] | undefined {
  if (part.rows > whole.rows || part.columns > whole.columns) return undefined;
  const [c, d] = [part.columns / taps, whole.columns / taps];
  // Wherever the first row may have come from, its columns are known, and then every other row can be looked up.
  for (let row = 0; row + part.rows <= whole.rows; row++) {
    const columns = blockSubsequence(rowOf(part, 0), rowOf(whole, row), taps, c, d);
    const rows = columns && rowsBy(part, whole, columns, taps, row);
    if (rows) return rows;
  }
  return undefined;
}

const rowOf = ({ columns, data }: Matrix, row: number): Float64Array =>
  data.subarray(row * columns, (row + 1) * columns);

/** Blocks of `whole` that spell the blocks of `part` in order. */
function blockSubsequence(
  part: Float64Array,
  whole: Float64Array,
  taps: number,
  count: number,
  total: number,
): number[] | undefined {
  const found: number[] = [];
  for (let block = 0; block < total && found.length < count; block++) {
    const from = found.length * taps;
    let same = true;
    for (let t = 0; t < taps && same; t++) same = part[from + t] === whole[block * taps + t];
    if (same) found.push(block);
  }
  return found.length === count ? found : undefined;
}

function rowsBy(
  part: Matrix,
  whole: Matrix,
  columns: readonly number[],
  taps: number,
  first: number,
): number[] | undefined {
  const rows: number[] = [];
  for (let row = first; row < whole.rows && rows.length < part.rows; row++) {
    const [wanted, candidate] = [rowOf(part, rows.length), rowOf(whole, row)];
    const same = columns.every((block, i) => {
      for (let t = 0; t < taps; t++) if (wanted[i * taps + t] !== candidate[block * taps + t]) return false;
      return true;
    });
    if (same) rows.push(row);
  }
  return rows.length === part.rows ? rows : undefined;
}
