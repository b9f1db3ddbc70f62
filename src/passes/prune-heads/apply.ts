/** Takes whole attention heads out of a model. */
import { type Model } from '../../graph/model';
import { type ChannelGroup, findGroups } from '../../operators/groups/groups';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { changedLayers, keptLayers } from '../../pass/prune/account';
import { excludedReason, judge, prune } from '../../pass/prune/round';
import { type PassResult } from '../../pass/result';
import { type declaration } from './declaration';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Prunes the heads of every attention whose heads can be told apart. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const before = findGroups(model);
  const heads = before.groups.filter(({ kind, channels }) => kind === 'heads' && channels.length > 1);
  const none = {
    model,
    changed: [],
    skipped: [],
    notes: ['The model has no attention whose heads can be told apart.'],
  };
  if (heads.length === 0) return none;
  const { sparsity: amount, scope, maxShare } = options;
  const judged = await judge(model, { ...options, reasonToKeep: (group) => reasonToKeep(group, options) }, context);
  const pruned = prune(judged, { amount, target: 'channels', scope, maxShare, multipleOf: 1, adaptMultiple: false });
  const changed = changedLayers(before, pruned.model);
  const skipped = keptLayers(heads, changed, (group) => {
    const whole = pruned.counts[group.index] === group.channels.length;
    return reasonToKeep(group, options) ?? (whole ? 'All of its heads matter more than those that left.' : undefined);
  });
  if (changed.length === 0) return { ...none, skipped, notes: [] };
  const count = (of: (group: ChannelGroup) => number): number => heads.reduce((sum, group) => sum + of(group), 0);
  const [all, left] = [count(({ channels }) => channels.length), count(({ index }) => pruned.counts[index]!)];
  const notes = [
    `Removed ${all - left} of ${all} heads in ${heads.length} ${heads.length === 1 ? 'layer' : 'layers'}.`,
  ];
  return { model: pruned.model, changed, skipped, notes, kept: pruned.kept };
}

function reasonToKeep(group: ChannelGroup, { exclude }: Settings): string | undefined {
  if (group.kind !== 'heads') return 'Its channels are no attention heads: prune-channels is for those.';
  if (group.frozen) return group.frozen.reason;
  return group.channels.length < 2 ? 'It has one head only.' : excludedReason(group, exclude);
}
