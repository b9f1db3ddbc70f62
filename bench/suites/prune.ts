/** What pruning costs on trained models, one-shot and recovered, for each criterion; and what factorizing costs. */
import { type Model } from '../../src/graph/model';
import { type PassContext } from '../../src/pass/context';
import { parseOptions } from '../../src/pass/option';
import { apply as factorize } from '../../src/passes/factorize/apply';
import { declaration as factorizing } from '../../src/passes/factorize/declaration';
import { apply as pruneChannels } from '../../src/passes/prune-channels/apply';
import { declaration as pruning } from '../../src/passes/prune-channels/declaration';
import { apply as recover } from '../../src/passes/recover/apply';
import { declaration as recovering } from '../../src/passes/recover/declaration';
import { profileModel } from '../../src/profile/profile';
import { loadOrt } from '../../src/runtime/ort';
import { type Benchmark, type Lab } from '../support/lab';
import { openTrained, top1, type TrainedModel, type TrainedName } from '../support/quality';

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
      if (trained) await curves(lab, trained);
    }
  },
};

async function curves(lab: Lab, trained: TrainedModel): Promise<void> {
  const base = await top1(trained.model, trained.evaluation);
  lab.print(`${trained.name}: ${base.toFixed(2)} % on ${trained.evaluation.description}`);
  const points: Point[] = [];
  for (const ratio of ratios) {
    for (const criterion of criteria) {
      points.push(
        await point(trained, criterion, ratio, (context) => {
          const options = { criterion, target: 'macs', sparsity: 1 - 1 / ratio };
          return pruneChannels(trained.model, parseOptions(pruning.options, options), context);
        }),
      );
    }
    points.push(
      await point(trained, 'factorize', ratio, (context) =>
        factorize(trained.model, parseOptions(factorizing.options, { ratio: 1 / ratio, measure: false }), context),
      ),
    );
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
    const pruned = points.filter((each) => each.what !== 'factorize' && each.macs >= 0.98 * ratio);
    const best = Math.max(...pruned.map(({ recovered }) => recovered));
    lab.aim(`${trained.name} at ${ratio}×, points of top-1 lost`, base - best, most, (value) => value.toFixed(2));
  }
  lab.print();
}

async function point(
  { model, calibration, evaluation }: TrainedModel,
  what: string,
  ratio: number,
  shrink: (context: PassContext) => Promise<{ readonly model: Model }>,
): Promise<Point> {
  const dims = Object.fromEntries(profileModel(model).symbols.map(({ name }) => [name, 1]));
  const context: PassContext = {
    ...{ runtime: await loadOrt(), data: calibration, original: model, dims },
    ...{ signal: new AbortController().signal, progress: () => undefined, log: () => undefined },
  };
  const small = (await shrink(context)).model;
  const repaired = (await recover(small, parseOptions(recovering.options, {}), context)).model;
  const macsOf = (each: Model): number => Number(profileModel(each, { dims }).model.macs);
  return {
    ...{ what, ratio, macs: macsOf(model) / macsOf(small) },
    oneShot: await top1(small, evaluation),
    recovered: await top1(repaired, evaluation),
  };
}
