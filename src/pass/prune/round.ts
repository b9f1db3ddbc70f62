/** One round of pruning, whatever is pruned: judge, plan, cut. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { Random } from '../../numerics/random';
import { type ChannelGroup, type DependencyGroups, findGroups } from '../../operators/groups/groups';
import { type PassContext, throwIfCancelled } from '../context';
import { matchesName } from '../option';
import { activityScores } from './activity';
import { matrixProducts } from '../matrixProducts';
import { CostModel } from './costModel';
import { type WeightCriterion, weightScores } from './importance';
import { choose, planKept, type PlanSettings, shareLeft } from './plan';
import { reconstructionScores } from './reconstruction';
import { type KeptChannels } from '../shrink/keptChannels';
import { shrinkModel } from '../shrink/shrinkModel';
import { LapidaryError } from '../../protocol/errors';

/** How channels can be judged; the last three look at data. */
export type Criterion = WeightCriterion | 'activation' | 'taylor' | 'reconstruction';

/** What is judged, and how. */
export interface JudgeSettings {
  readonly criterion: Criterion | 'auto';
  /** For importance by chance. */
  readonly seed: number;
  /** Samples to look at, at most. */
  readonly calibrationSamples: number;
  /** Why a group keeps all of its channels, as a sentence; undefined when it may lose some. */
  readonly reasonToKeep: (group: ChannelGroup) => string | undefined;
}

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
  /** Share of the channels in question that is left. */
  readonly left: number;
}

/** Finds the groups of a model and scores the channels of those that may shrink. */
export async function judge(model: Model, options: JudgeSettings, context: PassContext): Promise<Judged> {
  throwIfCancelled(context.signal);
  const found = findGroups(model);
  const free = found.groups.filter((group) => options.reasonToKeep(group) === undefined);
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
export function prune(judged: Judged, settings: Omit<PlanSettings, 'perCost'>): Pruned {
  const { found, scores, cost, criterion } = judged;
  const perCost = criterion === 'taylor' || criterion === 'reconstruction';
  return cut(judged, planKept(found.groups, scores, cost, { ...settings, perCost }));
}

/** Cuts a judged model so that each group keeps so many of its channels, by the group's index. */
export function cut({ model, found, scores }: Judged, counts: readonly number[]): Pruned {
  const copy = cloneModel(model);
  // The walk is deterministic: channels of the copy have the same numbers, which its own values are needed for.
  const { walk, groups } = findGroups(copy);
  const kept = shrinkModel(copy, walk, choose(groups, scores, counts));
  return { model: copy, kept, counts, left: shareLeft(found.groups, scores, counts) };
}

/** Data tells more than weights, where there is any that is not made up. */
const automatic = ({ data, runtime }: PassContext): Criterion => (data && !data.random && runtime ? 'taylor' : 'l2');

async function scoresOf(
  model: Model,
  found: DependencyGroups,
  groups: readonly ChannelGroup[],
  { criterion, seed, calibrationSamples: samples }: JudgeSettings & { readonly criterion: Criterion },
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

/** Why names that a person excluded keep the channels of a group. */
export function excludedReason(group: ChannelGroup, exclude: readonly string[]): string | undefined {
  const excluded = (nodes: readonly Node[]): Node | undefined => nodes.find((node) => matchesName(node.label, exclude));
  if (excluded(group.makers)) return 'Excluded by name.';
  const reader = excluded(group.readers);
  return reader && `${reader.label} reads its channels and is excluded by name.`;
}
