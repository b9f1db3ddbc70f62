/** One round of pruning: judge, plan, cut. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { Random } from '../../numerics/random';
import { type ChannelGroup, type DependencyGroups, findGroups } from '../../operators/groups/groups';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { matchesName, type ValuesOf } from '../../pass/option';
import { activityScores } from '../../pass/prune/activity';
import { matrixProducts } from '../../pass/matrixProducts';
import { CostModel } from '../../pass/prune/costModel';
import { weightScores } from '../../pass/prune/importance';
import { choose, planKept, type PlanSettings } from '../../pass/prune/plan';
import { reconstructionScores } from '../../pass/prune/reconstruction';
import { type KeptChannels } from '../../pass/shrink/keptChannels';
import { shrinkModel } from '../../pass/shrink/shrinkModel';
import { LapidaryError } from '../../protocol/errors';
import { channelStep } from '../../runtime/processor';
import { type declaration } from './declaration';

/** Options of the pass. */
export type Settings = ValuesOf<(typeof declaration)['options']>;

type Criterion = Exclude<Settings['criterion'], 'auto'>;

/** A model that was judged: it can be cut to any size. */
export interface Judged {
  readonly model: Model;
  readonly found: DependencyGroups;
  readonly scores: ReadonlyMap<number, Float64Array>;
  readonly cost: CostModel;
  readonly criterion: Criterion;
}

/** A smaller model. */
export interface Pruned {
  readonly model: Model;
  readonly kept: KeptChannels;
  /** Channels that each group keeps. */
  readonly counts: readonly number[];
}

/** Finds the groups of a model and scores the channels of those that may shrink. */
export async function judge(model: Model, options: Settings, context: PassContext): Promise<Judged> {
  throwIfCancelled(context.signal);
  const found = findGroups(model);
  const free = found.groups.filter((group) => reasonToKeep(group, options) === undefined);
  const criterion = options.criterion === 'auto' ? automatic(context) : options.criterion;
  const scores = await scoresOf(model, found, free, { ...options, criterion }, context);
  return {
    model,
    found,
    scores,
    criterion,
    cost: new CostModel(model, found, new Map(Object.entries(context.dims ?? {}))),
  };
}

/** Cuts a judged model: `amount` of `target` goes. */
export function prune(
  { model, found, scores, cost, criterion }: Judged,
  amount: number,
  target: PlanSettings['target'],
  options: Settings,
): Pruned {
  const counts = planKept(found.groups, scores, cost, {
    amount,
    target,
    scope: options.scope,
    perCost: criterion === 'taylor' || criterion === 'reconstruction',
    multipleOf: options.multipleOf === 0 ? channelStep() : options.multipleOf,
    adaptMultiple: options.multipleOf === 0,
    maxShare: options.maxShare,
  });
  const copy = cloneModel(model);
  // The walk is deterministic: channels of the copy have the same numbers, which its own values are needed for.
  const { walk, groups } = findGroups(copy);
  const kept = shrinkModel(copy, walk, choose(groups, scores, counts));
  return { model: copy, kept, counts };
}

/** Data tells more than weights, where there is any that is not made up. */
const automatic = ({ data, runtime }: PassContext): Criterion => (data && !data.random && runtime ? 'taylor' : 'l2');

async function scoresOf(
  model: Model,
  found: DependencyGroups,
  groups: readonly ChannelGroup[],
  { criterion, seed, samples }: Pick<Settings, 'seed' | 'samples'> & { readonly criterion: Criterion },
  context: PassContext,
): Promise<Map<number, Float64Array>> {
  if (criterion === 'activation' || criterion === 'taylor' || criterion === 'reconstruction') {
    if (!context.data || !context.runtime) {
      throw new LapidaryError('usage', `Importance by "${criterion}" looks at what the layers see, which takes data.`, {
        hint: 'Give images, arrays or a *.data.json with --data, or choose another criterion.',
      });
    }
    const { runtime, data } = context;
    const count = Math.min(samples, data.size);
    const byActivity = (
      some: readonly ChannelGroup[],
      by: 'activation' | 'taylor',
    ): Promise<Map<number, Float64Array>> =>
      activityScores(model, found, some, by, { runtime, samples: data, count, context });
    if (criterion !== 'reconstruction') return byActivity(groups, criterion);
    const products = matrixProducts(runtime);
    try {
      const how = { samples: data, context, multiply: products.multiply };
      const refitted = await reconstructionScores(model, found, groups, how);
      const others = groups.filter(({ index }) => !refitted.has(index));
      // An estimate of the same thing, without what refitting makes up for.
      return new Map([...refitted, ...(others.length > 0 ? await byActivity(others, 'taylor') : [])]);
    } finally {
      await products.close();
    }
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
  return scores;
}

/** Why a group keeps all of its channels, as a sentence; undefined when it may lose some. */
export function reasonToKeep(group: ChannelGroup, { exclude, approximate }: Settings): string | undefined {
  const excluded = (nodes: readonly Node[]): Node | undefined => nodes.find((node) => matchesName(node.label, exclude));
  if (excluded(group.makers)) return 'Excluded by name.';
  if (group.kind === 'heads') return 'Its channels are attention heads: prune-heads is for those.';
  if (group.frozen && !(group.frozen.inexact && approximate)) return group.frozen.reason;
  if (group.channels.length < 2) return 'It has one channel only.';
  const reader = excluded(group.readers);
  return reader && `${reader.label} reads its channels and is excluded by name.`;
}
