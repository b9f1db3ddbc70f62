/** How a table fits into a width: all columns, the more important ones, or each row on several lines. Pure. */
import { type Column, type Sort } from './column';

/** Pixels, as in table.css. */
const columnGap = 12;
const padding = 8;
const wideRow = 28;
const line = 20;
const leastField = 124;

/** What is drawn of a table. */
export interface TableFit<Row> {
  readonly columns: readonly Column<Row>[];
  /** Columns that make way. */
  readonly hidden: readonly Column<Row>[];
  /** The row's name and its sentences on lines of their own, so many titled values on each other line; 0: one line for everything. */
  readonly fieldsPerLine: number;
  /** In pixels. */
  readonly rowHeight: number;
}

/** Fits columns into `width` pixels (0: not known yet). What the table is sorted by stays. */
export function fitColumns<Row>(columns: readonly Column<Row>[], width: number, sort: Sort | null): TableFit<Row> {
  let shown = columns;
  const makingWay = columns
    .filter(({ id, makesWay }) => makesWay !== undefined && id !== sort?.column)
    .sort((a, b) => (b.makesWay ?? 0) - (a.makesWay ?? 0));
  while (width > 0 && leastWidth(shown) > width) {
    const next = makingWay.shift();
    if (!next) return inLines(columns, shown, width);
    shown = shown.filter((column) => column !== next);
  }
  return { columns: shown, hidden: without(columns, shown), fieldsPerLine: 0, rowHeight: wideRow };
}

function inLines<Row>(columns: readonly Column<Row>[], shown: readonly Column<Row>[], width: number): TableFit<Row> {
  const room = Math.floor((width - 2 * padding + columnGap) / (leastField + columnGap));
  const long = shown.filter(({ isLong }) => isLong).length;
  const fields = shown.length - 1 - long;
  const fieldsPerLine = Math.max(1, Math.min(fields, room));
  const lines = 1 + long + Math.ceil(fields / fieldsPerLine);
  return { columns: shown, hidden: without(columns, shown), fieldsPerLine, rowHeight: lines * line + padding };
}

/** The column that says which row it is: read first by screen readers, and first where a row has several lines. */
export function nameColumn<Row>(columns: readonly Column<Row>[]): Column<Row> | undefined {
  return columns.find(({ isName }) => isName) ?? columns[0];
}

const leastWidth = <Row>(columns: readonly Column<Row>[]): number =>
  columns.reduce((sum, { width }) => sum + width + columnGap, 2 * padding - columnGap);

const without = <Row>(columns: readonly Column<Row>[], shown: readonly Column<Row>[]): readonly Column<Row>[] =>
  columns.filter((column) => !shown.includes(column));
