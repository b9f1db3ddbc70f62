/** The columns of the table of groups: who makes the channels, who reads them, and whether they may leave. */
import { type VNode } from 'preact';
import { type GroupReport } from '../../src/protocol/report';
import { formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Icon } from '../components/Icon';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { clipped } from '../components/table/columns';
import { text, type TextKey } from '../strings';

type GroupColumn = Column<GroupReport>;

const kinds: Readonly<Record<GroupReport['kind'], TextKey>> = {
  channels: 'kindChannels',
  heads: 'kindHeads',
  hidden: 'kindHidden',
};

/** What the channels of a group are: of a convolution, heads, units. */
export const kindOf = ({ kind }: GroupReport): string => text(kinds[kind]);

/** All columns. */
export function groupColumns(): GroupColumn[] {
  return [
    {
      id: 'group',
      title: text('columnRank'),
      help: text('columnGroupNumberHelp'),
      isNumeric: true,
      width: 36,
      makesWay: 3,
      sortKey: ({ index }) => index,
      render: ({ index }) => formatWhole(index),
      fields: [{ title: text('columnRank'), value: ({ index }) => index }],
    },
    { ...layersColumn('layer', 'columnGroup', 'columnGroupHelp', (group) => group.makers), isName: true },
    { ...layersColumn('readers', 'columnReaders', 'columnReadersHelp', (group) => group.readers), makesWay: 1 },
    {
      id: 'channels',
      title: text('columnChannels'),
      isNumeric: true,
      width: 72,
      sortKey: ({ channels }) => channels,
      render: ({ channels }) => formatWhole(channels),
      fields: [{ title: text('columnChannels'), value: ({ channels }) => channels }],
    },
    {
      id: 'kind',
      title: text('columnKind'),
      isNumeric: false,
      width: 76,
      makesWay: 2,
      sortKey: kindOf,
      render: (group) => clipped(kindOf(group)),
      fields: [{ title: text('columnKind'), value: kindOf }],
    },
    {
      id: 'frozen',
      isLong: true,
      title: text('columnFrozen'),
      help: text('columnFrozenHelp'),
      isNumeric: false,
      width: 200,
      grow: 6,
      sortKey: (group) => reasonOf(group) || null,
      render: (group) => <State group={group} />,
      fields: [{ title: text('columnFrozen'), value: reasonOf }],
    },
  ];
}

const reasonOf = ({ frozen }: GroupReport): string => frozen ?? '';

function layersColumn(
  id: string,
  title: TextKey,
  help: TextKey,
  layersOf: (group: GroupReport) => readonly string[],
): GroupColumn {
  return {
    id,
    title: text(title),
    help: text(help),
    isNumeric: false,
    width: 120,
    grow: 4,
    sortKey: (group) => layersOf(group)[0] ?? null,
    render: (group) => <Layers names={layersOf(group)} />,
    fields: [{ title: text(title), value: (group) => layersOf(group).join(' ') }],
  };
}

/** The first, how many more; all of them on hover. */
function Layers({ names }: { names: readonly string[] }): VNode {
  const [first, ...others] = names;
  if (first === undefined) return <></>;
  return (
    <span class="group-layers" title={names.map(visibleName).join('\n')}>
      <Name value={first} />
      {others.length > 0 && <span class="quiet">+{formatWhole(others.length)}</span>}
    </span>
  );
}

/** Sign and words: channels may leave, or why they may not. */
function State({ group }: { group: GroupReport }): VNode {
  const { frozen } = group;
  if (frozen === undefined) {
    return (
      <span class="what what-changed">
        <Icon name="changed" label={text('groupFree')} />
        <span class="what-text">{text('groupFree')}</span>
      </span>
    );
  }
  return (
    <span class="what what-skipped" title={visibleName(frozen)}>
      <Icon name="skipped" label={text('groupFrozen')} />
      <span class="what-text">{visibleName(frozen)}</span>
    </span>
  );
}
