/** Ways to make a model smaller by about a ratio of its multiply-accumulates. */
import { type Model } from '../../../src/graph/model';
import { type PassContext } from '../../../src/pass/context';
import { parseOptions } from '../../../src/pass/option';
import { judge, prune } from '../../../src/pass/prune/round';
import { type PassResult } from '../../../src/pass/result';
import { apply as factorize } from '../../../src/passes/factorize/apply';
import { declaration as factorizing } from '../../../src/passes/factorize/declaration';
import { declaration as pruning } from '../../../src/passes/prune-channels/declaration';
import { planOf, reasonToKeep } from '../../../src/passes/prune-channels/settings';
import { apply as pruneBlocks } from '../../../src/passes/prune-blocks/apply';
import { declaration as blockPruning } from '../../../src/passes/prune-blocks/declaration';
import { apply as pruneHeads } from '../../../src/passes/prune-heads/apply';
import { declaration as headPruning } from '../../../src/passes/prune-heads/declaration';
import { type TrainedName } from '../../support/quality';
import { macsOf } from '../../support/shrinking';

/** A model with fewer multiply-accumulates, and which channels it has left. */
type Shrunk = Pick<PassResult, 'model' | 'kept'>;

/** Gives the model with so many times fewer multiply-accumulates. */
type Shrink = (ratio: number) => Promise<Shrunk> | Shrunk;

/** One way; what does not depend on the ratio is done once. */
export interface Way {
  readonly what: string;
  readonly prepare: (model: Model, context: PassContext) => Promise<Shrink> | Shrink;
}

const criteria = ['l2', 'l1', 'geometric-median', 'lamp', 'taylor', 'reconstruction'] as const;

/** Layers of a dozen channels: in steps of eight, a ratio would be missed by far. */
const finely = (model: Model): { multipleOf?: number } => (macsOf(model) < 1e7 ? { multipleOf: 2 } : {});

const channelsBy = (criterion: (typeof criteria)[number]): Way => ({
  what: criterion,
  prepare: async (model, context) => {
    const options = parseOptions(pruning.options, { criterion, ...finely(model) });
    const settings = { ...options, reasonToKeep: (group: Parameters<typeof reasonToKeep>[0]) => reasonToKeep(group, options) }; // prettier-ignore
    const judged = await judge(model, settings, context);
    return (ratio) => prune(judged, { ...planOf(1 - 1 / ratio, 'macs', options), scope: 'global' });
  },
});

const lowRank: Way = {
  what: 'factorize',
  prepare: (model, context) => (ratio) =>
    factorize(
      model,
      parseOptions(factorizing.options, { ratio: 1 / ratio, measure: false, ...finely(model) }),
      context,
    ),
};

/** The share of heads or blocks is that of the MACs; what they hold is less than the whole. */
const heads: Way = {
  what: 'heads',
  prepare: (model, context) => (ratio) =>
    pruneHeads(model, parseOptions(headPruning.options, { sparsity: 1 - 1 / ratio }), context),
};

const blocks: Way = {
  what: 'blocks',
  prepare: (model, context) => (ratio) =>
    pruneBlocks(model, parseOptions(blockPruning.options, { sparsity: 1 - 1 / ratio, criterion: 'output' }), context),
};

/** What is tried on a model. */
export function waysFor(name: TrainedName): readonly Way[] {
  // Photos take long to run: one criterion by weights and those by data.
  const few = (['l2', 'taylor', 'reconstruction'] as const).map(channelsBy);
  if (name.startsWith('squeezenet')) return [...few, lowRank];
  if (name === 'cifar_vit') return [...few, heads, blocks, lowRank];
  return [...criteria.map(channelsBy), lowRank];
}
