/** A table that keeps its sorting and filter to itself, and shows all rows that match. */
import { type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type Sort } from './column';
import { TableSection, type TableSectionProps } from './TableSection';

/** What such a table needs to know. */
export type PlainTableProps<Row> = Omit<
  TableSectionProps<Row>,
  'isShown' | 'filter' | 'onFilter' | 'onClear' | 'sort' | 'onSort'
>;

/** The table. */
export function PlainTable<Row>(props: PlainTableProps<Row>): VNode {
  const [sort, setSort] = useState<Sort | null>(null);
  const [filter, setFilter] = useState('');
  return (
    <TableSection
      {...props}
      isShown={all}
      filter={filter}
      onFilter={setFilter}
      onClear={() => setFilter('')}
      sort={sort}
      onSort={setSort}
    />
  );
}

const all = (): boolean => true;
