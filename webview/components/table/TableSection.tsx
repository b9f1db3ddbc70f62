/** A table with what belongs to it: title, count, filter, further tools, copying, and what is said when it is empty. */
import { type ComponentChildren, type Ref, type VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { formatWhole } from '../../../src/report/format';
import { text, type TextKey } from '../../strings';
import { Button } from '../Button';
import { Icon } from '../Icon';
import { TextField } from '../TextField';
import { type Column, type Sort, sortRows } from './column';
import { copiedText } from './copy';
import { CopyMenu } from './CopyMenu';
import { matcherOf } from './filter';
import { emptyGrid, type GridState } from './selection';
import { Table } from './Table';

/** What the section needs to know. */
export interface TableSectionProps<Row> {
  /** Id of the table and prefix of others; a class of the section too. */
  readonly id: string;
  readonly class: string;
  readonly title: string;
  /** What the rows are; layers by default. */
  readonly unit?: keyof typeof counts;
  /** What the filter looks through, in words. Default: by the kind of rows. */
  readonly filterHint?: TextKey;
  /** All rows, in their own order. */
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What the filter looks through; keeps its identity, like the rows. */
  readonly searchText: (row: Row) => string;
  /** Rows that other tools of the page leave; keeps its identity while these do not change. */
  readonly isShown: (row: Row) => boolean;
  /** A row that was chosen elsewhere on the page: brought into view and selected. */
  readonly picked?: Row | undefined;
  /** Further tools, between the filter and copying. */
  readonly tools?: ComponentChildren;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
  /** Undoes everything that hides rows. */
  readonly onClear: () => void;
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
  /** Said in place of a table without rows. */
  readonly emptyText: string;
  /** What Enter or a double click on a row does. */
  readonly onOpen?: (row: Row) => void;
  readonly toHost: (content: string) => void;
  readonly sectionRef?: Ref<HTMLElement>;
}

/** The section. */
export function TableSection<Row>(props: TableSectionProps<Row>): VNode {
  const { id, rows, columns, searchText, isShown, filter, sort, onOpen } = props;
  const [grid, setGrid] = useState<GridState>(emptyGrid);
  const searchable = useMemo(() => rows.map((row) => searchText(row).toLowerCase()), [rows, searchText]);
  const visible = useMemo(() => {
    const matches = matcherOf(filter);
    return rows.filter((row, index) => isShown(row) && matches(searchable[index] ?? ''));
  }, [rows, searchable, filter, isShown]);
  const sorted = useMemo(() => sortRows(visible, columns, sort), [visible, columns, sort]);
  // Positions mean other rows now.
  const [positions, setPositions] = useState(sorted);
  if (positions !== sorted) {
    setPositions(sorted);
    setGrid(emptyGrid);
  }

  const { picked } = props;
  useEffect(() => {
    const row = picked === undefined ? -1 : sorted.indexOf(picked);
    if (row >= 0) setGrid({ cell: { row, column: 0 }, anchor: row, selected: new Set([row]) });
  }, [picked, sorted]);

  return (
    <section class={`section ${props.class}`} ref={props.sectionRef} aria-labelledby={`${id}-title`}>
      <div class="section-bar">
        <h2 class="section-title" id={`${id}-title`}>
          {props.title}{' '}
          <span class="section-count" role="status">
            {countText(visible.length, rows.length, props.unit ?? 'layers')}
          </span>
        </h2>
        {rows.length > 0 && (
          <div class="section-tools">
            <FilterField
              filter={filter}
              hint={props.filterHint ?? filterHints[props.unit ?? 'layers']}
              onFilter={props.onFilter}
            />
            {props.tools}
            <CopyMenu rows={sorted} columns={columns} grid={grid} toHost={props.toHost} />
          </div>
        )}
      </div>
      {rows.length === 0 && <p class="empty quiet">{props.emptyText}</p>}
      {rows.length > 0 && (
        <Table
          id={id}
          label={props.title}
          help={text('tableHelp')}
          rows={sorted}
          columns={columns}
          sort={sort}
          onSort={props.onSort}
          grid={grid}
          onGrid={setGrid}
          copied={() => copiedText(sorted, columns, grid)}
          {...(onOpen && { onOpen })}
        />
      )}
      {rows.length > 0 && sorted.length === 0 && (
        <p class="empty">
          <span class="quiet">{text('noMatch')}</span> <Button onClick={props.onClear}>{text('clearFilter')}</Button>
        </p>
      )}
    </section>
  );
}

function FilterField(props: { filter: string; hint: TextKey; onFilter: (filter: string) => void }): VNode {
  const { filter, hint, onFilter } = props;
  return (
    <TextField
      class="filter"
      value={filter}
      label={text('filter')}
      placeholder={text(hint)}
      onInput={onFilter}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onFilter('');
      }}
    >
      <Icon name="filter" slot="start" />
    </TextField>
  );
}

const filterHints = { layers: 'filterHint', tensors: 'filterTensorsHint', groups: 'filterGroupsHint' } as const;

const counts = {
  layers: { one: 'layersCountOne', several: 'layersCount', filtered: 'layersFiltered' },
  tensors: { one: 'tensorsCountOne', several: 'tensorsCount', filtered: 'tensorsFiltered' },
  groups: { one: 'groupsCountOne', several: 'groupsCount', filtered: 'groupsFiltered' },
} as const;

function countText(visible: number, all: number, unit: keyof typeof counts): string {
  const { one, several, filtered } = counts[unit];
  if (visible !== all) return text(filtered, formatWhole(visible), formatWhole(all));
  return all === 1 ? text(one) : text(several, formatWhole(all));
}
