/** Channels that can only leave together: found when the view is opened, a row for each group, frozen ones with the reason. */
import { type VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { type GroupReport } from '../../src/protocol/report';
import { formatWhole } from '../../src/report/format';
import { PlainTable } from '../components/table/PlainTable';
import { text } from '../strings';
import { groupColumns, kindOf } from './groupColumns';
import { type ProfileWire } from './state';

/** What the section needs to know. */
export interface GroupsProps {
  /** Undefined until the host has found them. */
  readonly groups: readonly GroupReport[] | undefined;
  readonly wire: ProfileWire;
}

/** The section. */
export function Groups({ groups, wire }: GroupsProps): VNode {
  const columns = useMemo(groupColumns, []);
  useEffect(() => {
    if (!groups) wire.post({ type: 'groups' });
  }, [groups, wire]);
  if (!groups) {
    return (
      <section class="section">
        <p class="empty quiet" role="status">
          {text('findingGroups')}
        </p>
      </section>
    );
  }
  const free = groups.filter(({ frozen }) => frozen === undefined).length;
  return (
    <PlainTable
      id="groups"
      class="profile-groups"
      title={text('groups')}
      unit="groups"
      rows={groups}
      columns={columns}
      searchText={searchText}
      tools={<span class="quiet">{text('freeGroups', formatWhole(free), formatWhole(groups.length))}</span>}
      emptyText={text('noChannelGroups')}
      toHost={(content) => wire.post({ type: 'copy', text: content })}
    />
  );
}

const searchText = (group: GroupReport): string =>
  [...group.makers, ...group.readers, ...group.tensors.map(({ name }) => name), kindOf(group), group.frozen ?? ''].join(
    '\n',
  );
