/** What pruning costs on trained models, one-shot and recovered, for each criterion; and what factorizing costs. */
import { type Model } from '../../src/graph/model';
import { type PassContext } from '../../src/pass/context';
import { parseOptions } from '../../src/pass/option';
import { type PassResult } from '../../src/pass/result';
import { apply as factorize } from '../../src/passes/factorize/apply';
import { declaration as factorizing } from '../../src/passes/factorize/declaration';
import { apply as pruneChannels } from '../../src/passes/prune-channels/apply';
import { declaration as pruning } from '../../src/passes/prune-channels/declaration';
import { apply as pruneBlocks } from '../../src/passes/prune-blocks/apply';
import { declaration as blockPruning } from '../../src/passes/prune-blocks/declaration';
import { apply as pruneHeads } from '../../src/passes/prune-heads/apply';
import { declaration as headPruning } from '../../src/passes/prune-heads/declaration';
import { apply as recover } from '../../src/passes/recover/apply';
import { declaration as recovering } from '../../src/passes/recover/declaration';
import { type Benchmark, type Lab } from '../support/lab';
import { openTrained, top1, type TrainedModel, type TrainedName } from '../support/quality';
import { contextFor, macsOf } from '../support/shrinking';

const ratios = [1.3, 1.5, 2, 3];
const criteria = ['l2', 'l1', 'geometric-median', 'lamp', 'taylor', 'reconstruction'] as const;

/** Points of accuracy that may be lost at a ratio, the best criterion recovered (issue 5). */
const aims: readonly { readonly model: TrainedName; readonly ratio: number; readonly points: number }[] = [
  { model: 'cifar_resnet', ratio: 1.5, points: 1.5 },
  { model: 'squeezenet1.1_fp32', ratio: 1.3, points: 2 },
  { model: 'mnist_cnn_bn', ratio: 3, points: 0.3 },
];

/** One point of a curve: top-1 in %. */
interface Point {
  readonly what: string;
  readonly ratio: number;
  readonly macs: number;
  readonly oneShot: number;
  readonly recovered: number;
}

export const prune: Benchmark = {
  name: 'prune',
  summary: 'top-1 of trained models at 1.3, 1.5, 2 and 3 times fewer MACs, one-shot and recovered (--only MODEL)',
  async run(lab) {
    const names: readonly TrainedName[] = ['cifar_resnet', 'mnist_cnn_bn', 'cifar_vit', 'squeezenet1.1_fp32'];
    const { only } = lab.options;
    for (const name of names.filter((each) => each.includes(only))) {
      const trained = await openTrained(lab, name);
      if (trained) await curves(lab, trained, name);
    }
  },
};

/** A way to make a model smaller by about a ratio of its multiply-accumulates. */
interface Way {
  readonly what: string;
  readonly shrink: (model: Model, ratio: number, context: PassContext) => Promise<Pick<PassResult, 'model' | 'kept'>>;
}

const channelsBy = (criterion: (typeof criteria)[number]): Way => ({
  what: criterion,
  shrink: (model, ratio, context) => {
    // Layers of a dozen channels: in steps of eight, a ratio would be missed by far.
    const steps = macsOf(model) < 1e7 ? { multipleOf: 2 } : {};
    const options = { criterion, target: 'macs', sparsity: 1 - 1 / ratio, ...steps };
    return pruneChannels(model, parseOptions(pruning.options, options), context);
  },
});

const lowRank: Way = {
  what: 'factorize',
  shrink: (model, ratio, context) =>
    factorize(model, parseOptions(factorizing.options, { ratio: 1 / ratio, measure: false }), context),
};

/** The share of heads or blocks is that of the MACs; what they hold is less than the whole. */
const heads: Way = {
  what: 'heads',
  shrink: (model, ratio, context) =>
    pruneHeads(model, parseOptions(headPruning.options, { sparsity: 1 - 1 / ratio }), context),
};

const blocks: Way = {
  what: 'blocks',
  shrink: (model, ratio, context) =>
    pruneBlocks(model, parseOptions(blockPruning.options, { sparsity: 1 - 1 / ratio, criterion: 'output' }), context),
};

function waysFor(name: TrainedName): readonly Way[] {
  // Photos take long to run: two criteria by weights and those by data.
  if (name.startsWith('squeezenet'))
    return [...(['l2', 'lamp', 'taylor', 'reconstruction'] as const).map(channelsBy), lowRank];
  if (name === 'cifar_vit')
    return [...(['l2', 'taylor', 'reconstruction'] as const).map(channelsBy), heads, blocks, lowRank];
  return [...criteria.map(channelsBy), lowRank];
}

async function curves(lab: Lab, trained: TrainedModel, name: TrainedName): Promise<void> {
  const base = await top1(trained.model, trained.evaluation);
  lab.print(`${trained.name}: ${base.toFixed(2)} % on ${trained.evaluation.description}`);
  const points: Point[] = [];
  for (const ratio of ratios) {
    for (const way of waysFor(name)) points.push(await point(trained, way, ratio));
    lab.table(
      ['by', 'asked', 'MACs', 'one-shot', 'recovered', 'lost'],
      points
        .filter((each) => each.ratio === ratio)
        .map(({ what, macs, oneShot, recovered }) => [
          what,
          `${ratio}×`,
          `${macs.toFixed(2)}×`,
          oneShot.toFixed(2),
          recovered.toFixed(2),
          (base - recovered).toFixed(2),
        ]),
    );
  }
  for (const { ratio, points: most } of aims.filter(({ model }) => model === trained.name)) {
    const reached = points.filter((each) => each.macs >= 0.98 * ratio);
    const best = reached.reduce((one, other) => (other.recovered > one.recovered ? other : one));
    const what = `${trained.name} at ${ratio}×, by ${best.what}, points of top-1 lost`;
    lab.aim(what, base - best.recovered, most, (value) => value.toFixed(2));
  }
  lab.print();
}

async function point({ model, calibration, evaluation }: TrainedModel, way: Way, ratio: number): Promise<Point> {
  const context = await contextFor(model, calibration);
  const { model: small, kept } = await way.shrink(model, ratio, context);
  const knowing = { ...context, ...(kept && { kept }) };
  const repaired = (await recover(small, parseOptions(recovering.options, {}), knowing)).model;
  return {
    ...{ what: way.what, ratio, macs: macsOf(model) / macsOf(small) },
    oneShot: await top1(small, evaluation),
    recovered: await top1(repaired, evaluation),
  };
}
