/** Samples from .csv files: one per row. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { type RuntimeTensor } from '../runtime/port';
import { elementsOf, fitToSlot } from './cast';
import { classesOf, labelNames } from './classes';
import { parseDelimited } from './delimited';
import { type FileList } from './files';
import { type SampleSet } from './sampleSet';
import { type InputSlot } from './slot';

const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

/** Rows of CSV files. Columns go to the inputs that their header names ("x", "x.3", "x[3]"), else all to the one input. */
export function csvSet(files: FileList, slots: readonly InputSlot[]): SampleSet {
  const tables = files.names.map((name) => parseDelimited(readFileSync(path.join(files.root, name), 'utf8')));
  const first = tables[0]?.[0] ?? [];
  const hasHeader = first.some((cell) => !isNumber(cell)) && !first.every((cell) => labelNames.has(cell));
  const header = hasHeader && !looksLikeData(first, tables[0]?.[1]) ? first : first.map((_, column) => String(column));
  const begin = header === first ? 1 : 0;
  const rows = tables.flatMap((table) => table.slice(begin));
  const names = tables.flatMap((table, at) =>
    table.slice(begin).map((_, row) => `${files.names[at]!} row ${row + begin + 1}`),
  );
  const labelColumn = labelColumnOf(header, rows, slots);
  const columns = slots.map((slot) => columnsFor(slot, header, labelColumn, slots));
  const what = `${rows.length} rows of ${files.names.join(', ')}`;
  const name = (index: number) => names[index]!;
  const read = (index: number) => {
    const row = rows[index]!;
    const feeds = slots.map((slot, at) => {
      const cells = columns[at]!.map((column) => row[column] ?? '');
      return [slot.name, fitToSlot(fromCells(cells, slot, name(index)), slot, name(index))] as const;
    });
    return Promise.resolve(Object.fromEntries(feeds));
  };
  const labels = labelColumn === undefined ? undefined : classesOf(rows.map((row) => row[labelColumn] ?? ''));
  return { what, size: rows.length, inputs: slots.map((slot) => slot.name), name, read, ...(labels && { labels }) };
}

/** A first row with text in the same columns as the second is data with text in it, not a header. */
const looksLikeData = (first: readonly string[], second: readonly string[] | undefined): boolean =>
  second !== undefined &&
  first.some(isNumber) &&
  first.every((cell, at) => isNumber(cell) === isNumber(second[at] ?? ''));

function labelColumnOf(header: readonly string[], rows: readonly (readonly string[])[], slots: readonly InputSlot[]) {
  const named = header.findIndex((name) => labelNames.has(name.trim().toLowerCase()));
  if (named >= 0 && !slots.some((slot) => slot.name === header[named])) return named;
  // A last column of words beside numbers is the class; text inputs take words themselves.
  const last = header.length - 1;
  const words = last > 0 && rows.every((row) => !isNumber(row[last] ?? ''));
  return words && rows.length > 0 && slots.every((slot) => slot.dataType !== 'string') ? last : undefined;
}

function columnsFor(
  slot: InputSlot,
  header: readonly string[],
  label: number | undefined,
  slots: readonly InputSlot[],
) {
  const columns = header.map((_, column) => column).filter((column) => column !== label);
  const own = columns.filter((column) => {
    const name = header[column]!.trim();
    return (
      name === slot.name || (name.startsWith(slot.name) && /^(\.\d+|_\d+|\[\d+\])$/.test(name.slice(slot.name.length)))
    );
  });
  if (own.length > 0) return own;
  if (slots.length === 1) return columns;
  throw new LapidaryError('data', `No column is named after the input "${slot.name}".`, {
    hint: `Columns: ${header.join(', ')}. Name them "${slot.name}", or "${slot.name}.0", "${slot.name}.1" ….`,
  });
}

function fromCells(cells: readonly string[], slot: InputSlot, sample: string): RuntimeTensor {
  const shape = [cells.length];
  if (slot.dataType === 'string') return { dataType: 'string', shape, data: cells };
  const odd = cells.find((cell) => !isNumber(cell));
  if (odd !== undefined) {
    throw new LapidaryError('data', `Sample ${sample} has "${odd}" where a number should be.`, { tensor: slot.name });
  }
  return { dataType: slot.dataType, shape, data: elementsOf(cells.map(Number), slot.dataType) };
}
