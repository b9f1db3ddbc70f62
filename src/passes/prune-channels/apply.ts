/** Takes channels out of a model. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { Random } from '../../numerics/random';
import { type ChannelGroup, findGroups } from '../../operators/groups/groups';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { matchesName, type ValuesOf } from '../../pass/option';
import { PruneAccount } from '../../pass/prune/account';
import { CostModel } from '../../pass/prune/costModel';
import { weightScores } from '../../pass/prune/importance';
import { choose, planKept } from '../../pass/prune/plan';
import { type PassResult } from '../../pass/result';
import { shrinkModel } from '../../pass/shrink/shrinkModel';
import { channelStep } from '../../runtime/processor';
import { LapidaryError } from '../../protocol/errors';
import { type declaration } from './declaration';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Prunes channels of every group that may shrink. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  throwIfCancelled(context.signal);
  const copy = cloneModel(model);
  const found = findGroups(copy);
  const account = new PruneAccount(found);
  const reasonFor = (group: ChannelGroup): string | undefined => reasonToKeep(group, options);
  const free = found.groups.filter((group) => reasonFor(group) === undefined);
  const scores = await scoresOf(free, options, context);
  const cost = new CostModel(copy, found, new Map(Object.entries(context.dims ?? {})));
  const kept = planKept(found.groups, scores, cost, {
    amount: options.sparsity,
    target: options.target === 'latency' ? 'macs' : options.target,
    scope: options.scope,
    multipleOf: options.multipleOf === 0 ? channelStep() : options.multipleOf,
    adaptMultiple: options.multipleOf === 0,
    maxShare: options.maxShare,
  });
  const removed = choose(found.groups, scores, kept);
  const keptChannels = shrinkModel(copy, found.walk, removed);
  const changed = account.changed();
  const skipped = account.skipped(
    changed,
    (group) =>
      reasonFor(group) ??
      (kept[group.index] === group.channels.length ? 'All of its channels rank above those that left.' : undefined),
  );
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  const left = [cost.channels(kept), cost.parameters(kept), cost.macs(kept)].map(
    (share) => `${Math.round((1 - share) * 100)} %`,
  );
  const notes = [
    `Removed ${left[0]} of the channels that may leave, ${left[1]} of the parameters and ${left[2]} of the multiply-accumulates.`,
  ];
  return { model: copy, changed, skipped, notes, kept: keptChannels };
}

async function scoresOf(
  groups: readonly ChannelGroup[],
  { criterion, seed }: Settings,
  context: PassContext,
): Promise<Map<number, Float64Array>> {
  if (criterion === 'activation' || criterion === 'taylor') {
    throw new LapidaryError('usage', `Importance by ${criterion} needs data.`);
  }
  const random = new Random(seed);
  const scores = new Map<number, Float64Array>();
  for (const [at, group] of groups.entries()) {
    throwIfCancelled(context.signal);
    context.progress({
      fraction: (0.8 * at) / groups.length,
      message: 'Judging channels',
      node: group.makers[0]?.label,
    });
    scores.set(group.index, weightScores(group, criterion, random));
  }
  await Promise.resolve();
  return scores;
}

function reasonToKeep(group: ChannelGroup, { exclude, approximate }: Settings): string | undefined {
  const excluded = (nodes: readonly Node[]): Node | undefined => nodes.find((node) => matchesName(node.label, exclude));
  if (excluded(group.makers)) return 'Excluded by name.';
  if (group.kind === 'heads') return 'Its channels are attention heads: prune-heads is for those.';
  if (group.frozen && !(group.frozen.inexact && approximate)) return group.frozen.reason;
  if (group.channels.length < 2) return 'It has one channel only.';
  const reader = excluded(group.readers);
  return reader && `${reader.label} reads its channels and is excluded by name.`;
}
