/** What a table knows of its columns: how to show, sort and copy a row. */
import { type ComponentChildren } from 'preact';
import { type Cell, type Separator, toDelimited } from '../../../src/report/delimited';

/** What a column sorts by; null (unknown) always comes last. */
export type SortKey = string | number | null;

/** A column of a table of `Row`s. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What the numbers are, on hover over the title. */
  readonly help?: string;
  /** Numbers are aligned right, and begin with the largest when sorted. */
  readonly isNumeric: boolean;
  /** Least width in pixels. */
  readonly width: number;
  /** Share of the width that is left; none: the column keeps its width. */
  readonly grow?: number;
  /** Leaves a table that is too narrow for all: the highest number first. None: it stays, if need be on a line below. */
  readonly makesWay?: number;
  /** Says which row it is. None of a table's columns: the first does. */
  readonly isName?: boolean;
  /** Holds sentences: has a line of its own where a row has several. */
  readonly isLong?: boolean;
  sortKey(row: Row): SortKey;
  render(row: Row): ComponentChildren;
  /** What is copied: plain numbers in full, one field or more. */
  readonly fields: readonly { readonly title: string; readonly value: (row: Row) => Cell }[];
}

/** Which column a table is sorted by; null: the order in which the rows came. */
export interface Sort {
  readonly column: string;
  readonly direction: 'ascending' | 'descending';
}

/** The sort after a click on a column's title: first the useful direction, then the other, then none. */
export function nextSort<Row>(sort: Sort | null, column: Column<Row>): Sort | null {
  const first = column.isNumeric ? 'descending' : 'ascending';
  if (sort?.column !== column.id) return { column: column.id, direction: first };
  const second = first === 'ascending' ? 'descending' : 'ascending';
  return sort.direction === first ? { column: column.id, direction: second } : null;
}

/** The rows in the order asked for; rows with equal keys keep theirs. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | null,
): readonly Row[] {
  const column = columns.find(({ id }) => id === sort?.column);
  if (!sort || !column) return rows;
  const sign = sort.direction === 'ascending' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, key: comparable(column.sortKey(row)) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, sign));
  return keyed.map(({ row }) => row);
}

function compareKeys(a: SortKey, b: SortKey, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  // Numbers before expressions, whichever the direction.
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -sign : a > b ? sign : 0;
}

/** Text as it is compared: "layer.10" after "layer.9". Made once per row, since a collator is too slow for 100,000 rows. */
function comparable(key: SortKey): SortKey {
  return typeof key === 'string' ? key.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0')) : key;
}

/** Rows for the clipboard or a file, with a line of titles. */
export function copyText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], separator: Separator): string {
  const fields = columns.flatMap((column) => column.fields);
  const titles = fields.map(({ title }) => title);
  return toDelimited([titles, ...rows.map((row) => fields.map(({ value }) => value(row)))], separator);
}

/** One cell for the clipboard; its first field, since that is what the cell shows. */
export function cellText<Row>(row: Row, column: Column<Row>): string {
  return column.fields.map(({ value }) => String(value(row) ?? '')).join(' ');
}
