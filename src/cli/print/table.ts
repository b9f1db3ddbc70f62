/** Tables for a terminal: aligned columns, names shortened from the left when the line is short. */
import { shortenLeft, visibleName } from '../../report/text';

/** A column. */
export interface Column {
  readonly title: string;
  /** Numbers are aligned at the right. Default left. */
  readonly align?: 'left' | 'right';
  /** May be shortened when the table is wider than the terminal. */
  readonly flexible?: boolean;
}

/** How to draw. */
export interface TableOptions {
  /** Widest line; unlimited when undefined. */
  readonly width?: number;
  /** Bold titles. */
  readonly styled?: boolean;
}

/** Columns of text that a terminal shows wide (East Asian) count two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : /\p{Mn}/u.test(character) ? 0 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

const gap = '  ';
const least = 12;

/** Lines of a table; cells must be safe to show already, names go through `visibleName` here once more. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const safe = rows.map((row) => row.map(visibleName));
  const widths = columns.map((column, at) =>
    safe.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? '')), displayWidth(column.title)),
  );
  shrink(widths, columns, options.width);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(fit(cells[at] ?? '', widths[at]!), widths[at]!, align))
      .join(gap)
      .trimEnd();
  const titles = line(columns.map((column) => column.title));
  const rule = widths.map((width) => '─'.repeat(width)).join(gap);
  return [options.styled ? `\x1b[1m${titles}\x1b[0m` : titles, rule, ...safe.map(line)];
}

/** Takes from the flexible columns, the widest first, what the line has too much. */
function shrink(widths: number[], columns: readonly Column[], limit = Infinity): void {
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (total() > limit) {
    const candidates = columns.flatMap((column, at) => (column.flexible && widths[at]! > least ? [at] : []));
    if (candidates.length === 0) return;
    const widest = candidates.reduce((best, at) => (widths[at]! > widths[best]! ? at : best));
    widths[widest]!--;
  }
}

const fit = (text: string, width: number): string => {
  let length = Array.from(text).length;
  let out = text;
  while (displayWidth(out) > width && length > 1) out = shortenLeft(text, --length);
  return out;
};

function pad(text: string, width: number, align: Column['align'] = 'left'): string {
  const missing = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? missing + text : text + missing;
}
