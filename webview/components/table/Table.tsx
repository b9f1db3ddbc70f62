/**
 * A sortable table of any length: only rows in view are drawn. One tab stop for the cells (arrow keys move), one for
 * each sortable title. The page scrolls, the titles stick. When too narrow for its columns it wraps each row (class
 * "compact"; the page's styles say how).
 */
import { type VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Icon } from '../Icon';
import { useWidth } from '../useWidth';
import { type Column, nextSort, type Sort } from './column';
import { afterClick, afterKey, type GridState } from './selection';
import { offsetsOf, rowAt, type RowOffsets, useVirtualRows } from './useVirtualRows';

/** What a table needs to know. Rows come filtered and sorted. */
export interface TableProps<Row> {
  readonly id: string;
  readonly label: string;
  /** How to use the keys, spoken when the table gets the focus. */
  readonly help: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
  readonly grid: GridState;
  readonly onGrid: (grid: GridState) => void;
  /** What the copy command puts on the clipboard when no text is selected. */
  readonly copied: () => string;
  /** Pixels, the same as in the styles. A function that keeps its identity, since heights are added up once. */
  readonly rowHeight: (row: Row, isCompact: boolean) => number;
  rowClass(row: Row): string;
  /** What Enter or a double click on a row does. */
  readonly onOpen?: (row: Row) => void;
}

/** As in table.css. */
const columnGap = 12;
const padding = 8;

/** The table. */
export function Table<Row>(props: TableProps<Row>): VNode {
  const { id, rows, columns, sort, grid } = props;
  const root = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const least = columns.reduce((sum, column) => sum + column.width + columnGap, 2 * padding - columnGap);
  const width = useWidth(root);
  const isCompact = width > 0 && width < least;
  const { rowHeight } = props;
  const offsets = useMemo(() => offsetsOf(rows, (row) => rowHeight(row, isCompact)), [rows, rowHeight, isCompact]);
  const { first, last } = useVirtualRows(body, offsets);

  const headHeight = (): number => head.current?.offsetHeight ?? 0;
  useEffect(() => {
    if (grid.cell) scrollToRow(body.current, grid.cell.row, offsets, headHeight());
  }, [grid.cell, offsets]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== root.current) return;
    const command = event.ctrlKey || event.metaKey;
    const row = grid.cell ? rows[grid.cell.row] : undefined;
    if (event.key === 'Enter' && row !== undefined && props.onOpen) return props.onOpen(row);
    const from = offsets[grid.cell?.row ?? 0] ?? 0;
    const page = Math.max(1, rowAt(offsets, from + window.innerHeight - headHeight()) - (grid.cell?.row ?? 0) - 1);
    const size = { rows: rows.length, columns: columns.length, page };
    const next = afterKey(grid, { key: event.key, shift: event.shiftKey, command }, size);
    if (!next) return;
    event.preventDefault();
    props.onGrid(next);
  };

  // The event, not the key: VS Code also copies from its menu and through a command.
  const onCopy = (event: ClipboardEvent): void => {
    if (!document.getSelection()?.isCollapsed) return;
    const content = props.copied();
    if (content === '') return;
    event.clipboardData?.setData('text/plain', content);
    event.preventDefault();
  };

  const tracks = columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`)).join(' ');
  const current = grid.cell && grid.cell.row >= first && grid.cell.row < last ? grid.cell : null;
  return (
    <div
      ref={root}
      id={id}
      class={`table ${isCompact ? 'compact' : 'wide'}`}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-description={props.help}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable="true"
      aria-activedescendant={current ? `${id}-${current.row}-${current.column}` : undefined}
      style={{ '--tracks': tracks }}
      onKeyDown={onKeyDown}
      onCopy={onCopy}
    >
      <div class="table-head" role="rowgroup" ref={head}>
        <div class="table-row" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <HeaderCell key={column.id} column={column} sort={sort} onSort={props.onSort} />
          ))}
        </div>
      </div>
      <div class="table-body" role="rowgroup" ref={body} style={{ height: `${offsets[rows.length] ?? 0}px` }}>
        {rows.slice(first, last).map((row, offset) => (
          <BodyRow key={first + offset} {...props} row={row} index={first + offset} offsets={offsets} />
        ))}
      </div>
    </div>
  );
}

function HeaderCell<Row>(props: {
  column: Column<Row>;
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
}): VNode {
  const { column, sort, onSort } = props;
  const direction = sort?.column === column.id ? sort.direction : undefined;
  return (
    <div
      class={`table-cell cell-${column.id} ${column.isNumeric ? 'numeric' : ''}`}
      role="columnheader"
      aria-sort={direction ?? 'none'}
    >
      <button type="button" class="table-sort" title={column.help} onClick={() => onSort(nextSort(sort, column))}>
        <span class="table-title">{column.title}</span>
        {direction && <Icon name={direction === 'ascending' ? 'sortUp' : 'sortDown'} />}
      </button>
    </div>
  );
}

function BodyRow<Row>(props: TableProps<Row> & { row: Row; index: number; offsets: RowOffsets }): VNode {
  const { id, columns, row, index, offsets, grid } = props;
  const [top = 0, end = 0] = offsets.subarray(index, index + 2);
  const isSelected = grid.selected.has(index);
  const isCurrent = grid.cell?.row === index;
  const onClick = (event: MouseEvent, column: number): void => {
    // The end of selecting text with the mouse is no click on the row.
    if (!event.shiftKey && !document.getSelection()?.isCollapsed) return;
    const keys = { shift: event.shiftKey, command: event.ctrlKey || event.metaKey };
    props.onGrid(afterClick(grid, { row: index, column }, keys));
  };
  return (
    <div
      class={`table-row ${index % 2 === 1 ? 'odd' : ''} ${isCurrent ? 'current' : ''} ${props.rowClass(row)}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      onDblClick={() => props.onOpen?.(row)}
      style={{ transform: `translateY(${top}px)`, height: `${end - top}px` }}
    >
      {columns.map((column, position) => (
        <div
          key={column.id}
          id={`${id}-${index}-${position}`}
          class={`table-cell cell-${column.id} ${column.isNumeric ? 'numeric' : ''} ${
            isCurrent && grid.cell?.column === position ? 'current' : ''
          }`}
          role={position === 0 ? 'rowheader' : 'gridcell'}
          onClick={(event) => onClick(event, position)}
        >
          {column.render(row)}
        </div>
      ))}
    </div>
  );
}

/** Brings a row into view, below the titles that stick to the upper edge. */
function scrollToRow(body: HTMLElement | null, row: number, offsets: RowOffsets, headHeight: number): void {
  if (!body) return;
  const start = body.getBoundingClientRect().top;
  const top = start + (offsets[row] ?? 0);
  const bottom = start + (offsets[row + 1] ?? 0);
  if (top < headHeight) window.scrollBy(0, top - headHeight);
  else if (bottom > window.innerHeight) window.scrollBy(0, bottom - window.innerHeight);
}
