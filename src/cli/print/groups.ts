/** Groups of channels as text. */
import { type GroupReport } from '../../protocol/report';
import { formatWhole } from '../../report/format';
import { visibleName } from '../../report/text';
import { type Column, drawTable, type TableOptions } from './table';

const columns: readonly Column[] = [
  { title: 'Group', align: 'right' },
  { title: 'Channels', align: 'right' },
  { title: 'Kind' },
  { title: 'Made by' },
  { title: 'Read by' },
  { title: 'May leave' },
];

/** One row for each group, then what the rows add up to. */
export function printGroups(groups: readonly GroupReport[], options: TableOptions): string[] {
  const free = groups.filter(({ frozen }) => frozen === undefined);
  const count = (some: readonly GroupReport[]): string =>
    formatWhole(some.reduce((sum, { channels }) => sum + channels, 0));
  const rows = groups.map((group) => [
    String(group.index),
    formatWhole(group.channels),
    group.kind,
    namesOf(group.makers),
    namesOf(group.readers),
    group.frozen === undefined ? 'yes' : visibleName(group.frozen),
  ]);
  return [
    ...drawTable(columns, rows, options),
    `${free.length} of ${groups.length} groups may shrink: ${count(free)} of ${count(groups)} channels.`,
  ];
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 2).map(visibleName).join(', ');
  return names.length > 2 ? `${shown} and ${names.length - 2} more` : shown;
}
