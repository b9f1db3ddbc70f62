/** The current cell and the selected rows of a grid, as pure steps (WAI-ARIA grid pattern). Positions, not rows: sorting clears them. */

/** Where the keyboard is and what is selected. */
export interface GridState {
  /** Null until the grid is used. */
  readonly cell: { readonly row: number; readonly column: number } | null;
  /** Where a range selection began. */
  readonly anchor: number;
  /** Positions of selected rows. */
  readonly selected: ReadonlySet<number>;
}

/** Nothing current, nothing selected. */
export const emptyGrid: GridState = { cell: null, anchor: 0, selected: new Set() };

/** How large the grid is. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows of one page, for Page Up and Page Down. */
  readonly page: number;
}

/** A key as the grid sees it; `command` is Ctrl or, on a Mac, Command. */
export interface GridKey {
  readonly key: string;
  readonly shift: boolean;
  readonly command: boolean;
}

/** The state after a key; undefined when the grid has no use for it. */
export function afterKey(state: GridState, { key, shift, command }: GridKey, size: GridSize): GridState | undefined {
  if (size.rows === 0) return undefined;
  if (command && key.toLowerCase() === 'a') return { ...state, selected: range(0, size.rows - 1) };
  const cell = state.cell ?? { row: 0, column: 0 };
  if (key === 'Escape') return state.selected.size > 0 ? { ...state, selected: new Set() } : undefined;
  if (key === ' ') return { ...state, cell, anchor: cell.row, selected: toggled(state.selected, cell.row) };
  // The first step of a fresh grid goes to its first cell, not past it.
  const from = state.cell ?? { row: -1, column: -1 };
  const column = columnAfter(from.column, key, command, size.columns - 1);
  const row = rowAfter(from.row, key, command, size);
  if (column === undefined && row === undefined) return undefined;
  return moved(state, { row: row ?? cell.row, column: column ?? cell.column }, shift && row !== undefined);
}

/** The state after a click on a cell. */
export function afterClick(
  state: GridState,
  cell: { readonly row: number; readonly column: number },
  { shift, command }: { readonly shift: boolean; readonly command: boolean },
): GridState {
  if (command) return { cell, anchor: cell.row, selected: toggled(state.selected, cell.row) };
  return moved(state, cell, shift);
}

function moved(state: GridState, cell: { row: number; column: number }, extend: boolean): GridState {
  if (!extend) return { cell, anchor: cell.row, selected: new Set() };
  const anchor = state.cell ? state.anchor : cell.row;
  return { cell, anchor, selected: range(anchor, cell.row) };
}

function rowAfter(row: number, key: string, command: boolean, { rows, page }: GridSize): number | undefined {
  const last = rows - 1;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: command ? last : row + 1,
    ArrowUp: command ? 0 : row - 1,
    PageDown: row + page,
    PageUp: row - page,
    ...(command && { Home: 0, End: last }),
  };
  const target = targets[key];
  return target === undefined ? undefined : Math.min(last, Math.max(0, target));
}

function columnAfter(column: number, key: string, command: boolean, last: number): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowRight: column + 1,
    ArrowLeft: column - 1,
    ...(!command && { Home: 0, End: last }),
  };
  const target = targets[key];
  return target === undefined ? undefined : Math.min(last, Math.max(0, target));
}

function range(a: number, b: number): Set<number> {
  const set = new Set<number>();
  for (let row = Math.min(a, b); row <= Math.max(a, b); row++) set.add(row);
  return set;
}

function toggled(selected: ReadonlySet<number>, row: number): Set<number> {
  const next = new Set(selected);
  if (!next.delete(row)) next.add(row);
  return next;
}
