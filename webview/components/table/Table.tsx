/**
 * A sortable table of any length: only rows in view are drawn. One tab stop for the cells (arrow keys move), one for
 * each sortable title. The page scrolls, the titles stick. When too narrow for its columns it leaves some out and says
 * which; when that does not do, each row has several lines (class "compact").
 */
import { type VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Icon } from '../Icon';
import { useWidth } from '../useWidth';
import { text } from '../../strings';
import { type Column, nextSort, type Sort } from './column';
import { fitColumns, nameColumn, type TableFit } from './fit';
import { afterClick, afterKey, type GridState } from './selection';
import { rowAt, useVirtualRows } from './useVirtualRows';

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
  /** What Enter or a double click on a row does. */
  readonly onOpen?: (row: Row) => void;
}

/** The table. */
export function Table<Row>(props: TableProps<Row>): VNode {
  const { id, rows, sort, grid } = props;
  const root = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const width = useWidth(root);
  const fit = useMemo(() => fitColumns(props.columns, width, sort), [props.columns, width, sort]);
  const { columns, hidden, fieldsPerLine, rowHeight } = fit;
  const stack = { count: rows.length, height: rowHeight };
  const { first, last } = useVirtualRows(body, stack);

  const headHeight = (): number => head.current?.offsetHeight ?? 0;
  useEffect(() => {
    if (grid.cell) scrollToRow(body.current, grid.cell.row, rowHeight, headHeight());
  }, [grid.cell, rowHeight]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== root.current) return;
    const command = event.ctrlKey || event.metaKey;
    const row = grid.cell ? rows[grid.cell.row] : undefined;
    if (event.key === 'Enter' && row !== undefined && props.onOpen) return props.onOpen(row);
    const from = (grid.cell?.row ?? 0) * rowHeight;
    const page = Math.max(1, rowAt(stack, from + window.innerHeight - headHeight()) - (grid.cell?.row ?? 0) - 1);
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

  const current = grid.cell && grid.cell.row >= first && grid.cell.row < last ? grid.cell : null;
  return (
    <>
      {hidden.length > 0 && (
        <p class="table-hidden quiet">{text('columnsHidden', hidden.map(({ title }) => title).join(', '))}</p>
      )}
      <div
        ref={root}
        id={id}
        class={`table ${fieldsPerLine > 0 ? 'compact' : 'wide'}`}
        role="grid"
        tabIndex={0}
        aria-label={props.label}
        aria-description={props.help}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-multiselectable="true"
        aria-activedescendant={
          current ? `${id}-${current.row}-${Math.min(current.column, columns.length - 1)}` : undefined
        }
        style={{ '--tracks': tracksOf(fit) }}
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
        <div class="table-body" role="rowgroup" ref={body} style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((row, offset) => (
            <BodyRow key={first + offset} {...props} fit={fit} row={row} index={first + offset} />
          ))}
        </div>
      </div>
    </>
  );
}

function tracksOf<Row>({ columns, fieldsPerLine }: TableFit<Row>): string {
  if (fieldsPerLine > 0) return `repeat(${fieldsPerLine}, minmax(0, 1fr))`;
  return columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`)).join(' ');
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

function BodyRow<Row>(props: TableProps<Row> & { fit: TableFit<Row>; row: Row; index: number }): VNode {
  const { id, fit, row, index, grid } = props;
  const { columns, fieldsPerLine, rowHeight } = fit;
  const named = nameColumn(columns);
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
      class={`table-row ${index % 2 === 1 ? 'odd' : ''} ${isCurrent ? 'current' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      onDblClick={() => props.onOpen?.(row)}
      style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
    >
      {columns.map((column, position) => {
        const value = column.render(row);
        const classes = [
          `table-cell cell-${column.id}`,
          column.isNumeric && 'numeric',
          column === named && 'row-name',
          column.isLong && 'long',
          value === '' && 'blank',
          isCurrent && grid.cell?.column === position && 'current',
        ];
        return (
          <div
            key={column.id}
            id={`${id}-${index}-${position}`}
            class={classes.filter(Boolean).join(' ')}
            role={column === named ? 'rowheader' : 'gridcell'}
            onClick={(event) => onClick(event, position)}
          >
            {/* The title of the column is spoken anyway. */}
            {fieldsPerLine > 0 && column !== named && (
              <span class="field-title" aria-hidden="true">
                {column.title}
              </span>
            )}
            {value}
          </div>
        );
      })}
    </div>
  );
}

/** Brings a row into view, below the titles that stick to the upper edge. */
function scrollToRow(body: HTMLElement | null, row: number, rowHeight: number, headHeight: number): void {
  if (!body) return;
  const top = body.getBoundingClientRect().top + row * rowHeight;
  const bottom = top + rowHeight;
  if (top < headHeight) window.scrollBy(0, top - headHeight);
  else if (bottom > window.innerHeight) window.scrollBy(0, bottom - window.innerHeight);
}
