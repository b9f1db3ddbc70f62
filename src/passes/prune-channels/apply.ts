/** Takes channels out of a model. */
import { type Model } from '../../graph/model';
import { findGroups } from '../../operators/groups/groups';
import { type PassContext } from '../../pass/context';
import { changedLayers, keptLayers } from '../../pass/prune/account';
import { CostModel } from '../../pass/prune/costModel';
import { judge, type Judged, type Pruned } from '../../pass/prune/round';
import { type PassResult } from '../../pass/result';
import { composeKept } from '../../pass/shrink/keptChannels';
import { pruneToLatency } from './latency';
import { reasonToKeep, type Settings } from './settings';
import { shrinkerOf } from './shrinker';

/** Prunes channels of every group that may shrink. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const before = findGroups(model);
  const pruned = await pruneInSteps(model, options, context);
  const changed = changedLayers(before, pruned.model);
  const skipped = keptLayers(before.groups, changed, (group) => {
    const whole = pruned.counts[group.index] === group.channels.length;
    return (
      reasonToKeep(group, options) ?? (whole ? 'All of its channels matter more than those that left.' : undefined)
    );
  });
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  const cost = new CostModel(model, before, new Map(Object.entries(context.dims ?? {})));
  const gone = ([pruned.left, cost.parameters(pruned.counts), cost.macs(pruned.counts)] as const).map(
    (share) => `${Math.round((1 - share) * 100)} %`,
  );
  const notes = [
    `Removed ${gone[0]} of the channels that may leave, ${gone[1]} of the parameters and ${gone[2]} of the multiply-accumulates.`,
    ...pruned.notes,
  ];
  return { model: pruned.model, changed, skipped, notes, kept: pruned.kept };
}

/** Several rounds take the same share each, of what is left. */
async function pruneInSteps(
  model: Model,
  options: Settings,
  context: PassContext,
): Promise<Pruned & { readonly notes: readonly string[] }> {
  const { sparsity, steps, target } = options;
  const judged = (current: Model): Promise<Judged> =>
    judge(current, { ...options, reasonToKeep: (group) => reasonToKeep(group, options) }, context);
  const first = await judged(model);
  const { shrink, notes } = await shrinkerOf(first, options, context);
  if (target === 'latency') {
    const fast = await pruneToLatency(first, shrink, options, context);
    return { ...fast, notes: [...notes, ...fast.notes] };
  }
  const share = 1 - (1 - sparsity) ** (1 / steps);
  let current = shrink(share, target);
  const all = [...notes];
  for (let step = 1; step < steps; step++) {
    const again = await shrinkerOf(await judged(current.model), options, context);
    const next = again.shrink(share, target);
    all.push(...again.notes);
    current = { ...next, kept: composeKept(current.kept, next.kept), left: current.left * next.left };
  }
  return { ...current, notes: [...new Set(all)] };
}
