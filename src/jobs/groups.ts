/** The groups of channels of a model as plain data. */
import { type Model } from '../graph/model';
import { constantOf } from '../operators/axes/walk';
import { type ChannelGroup, findGroups, type Member } from '../operators/groups/groups';
import { type GroupReport, type GroupTensor } from '../protocol/report';

/** Every group, in the order of the layers that make the channels. */
export function groupReports(model: Model): GroupReport[] {
  return findGroups(model).groups.map(reportOf);
}

function reportOf({ index, kind, channels, makers, readers, producers, consumers, frozen }: ChannelGroup): GroupReport {
  return {
    index,
    kind,
    channels: channels.length,
    makers: makers.map(({ label }) => label),
    readers: readers.map(({ label }) => label),
    tensors: [
      ...producers.map((member) => tensorOf(member, 'makes')),
      ...consumers.map((member) => tensorOf(member, 'reads')),
    ],
    ...(frozen && { frozen: frozen.reason }),
    ...(frozen?.inexact && { approximate: true }),
  };
}

const tensorOf = ({ slot }: Member, role: GroupTensor['role']): GroupTensor => ({
  name: slot.value.name,
  shape: constantOf(slot.value)!.shape,
  axis: slot.axis,
  role,
});
