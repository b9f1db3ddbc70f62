/** Tables as text for spreadsheets: CSV (RFC 4180) and TSV. Pure: imports nothing. */

/** A cell: numbers stay plain so that a spreadsheet can add them up; null is an empty cell. */
export type Cell = string | number | null;

/** Which separator: a comma for files, a tab for the clipboard. */
export type Separator = ',' | '\t';

/** Rows as CSV or TSV, CRLF at the end of each line as RFC 4180 asks. */
export function toDelimited(rows: readonly (readonly Cell[])[], separator: Separator): string {
  return rows.map((row) => `${row.map((cell) => field(cell, separator)).join(separator)}\r\n`).join('');
}

function field(cell: Cell, separator: Separator): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = defused(cell);
  // In TSV a quoted field is understood by spreadsheets as well, and keeps tabs and line breaks inside its cell.
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** A name that begins like a formula would be run by a spreadsheet: an apostrophe makes it text (OWASP, CSV injection). */
function defused(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
