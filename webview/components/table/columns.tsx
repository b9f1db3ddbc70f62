/** Columns that tables of layers share. */
import { type VNode } from 'preact';
import { visibleName } from '../../../src/report/text';
import { text } from '../../strings';
import { type Column } from './column';

/** A text that may be cut off, in full on hover. */
export function clipped(shown: string): VNode {
  const visible = visibleName(shown);
  return <span title={visible}>{visible}</span>;
}

/** What a person reads as the kind of a layer. */
export function kindColumn<Row extends { readonly kind: string }>(width: number): Column<Row> {
  return {
    id: 'kind',
    title: text('columnKind'),
    isNumeric: false,
    width,
    grow: 2.5,
    sortKey: (row) => row.kind,
    render: (row) => clipped(row.kind),
    fields: [{ title: text('columnKind'), value: (row) => row.kind }],
  };
}
