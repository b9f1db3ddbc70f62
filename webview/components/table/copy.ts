/** What the copy command of a table copies: the selected rows, else the current cell. */
import { cellText, type Column, copyText } from './column';
import { type GridState } from './selection';

/** Text for the clipboard; '' when nothing is selected. */
export function copiedText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], grid: GridState): string {
  const selected = rows.filter((_, index) => grid.selected.has(index));
  if (selected.length > 0) return copyText(selected, columns, '\t');
  const row = grid.cell ? rows[grid.cell.row] : undefined;
  const column = grid.cell ? columns[grid.cell.column] : undefined;
  return row !== undefined && column !== undefined ? cellText(row, column) : '';
}
