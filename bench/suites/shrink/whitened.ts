/** Whether factors by what layers see keep more of the outputs than factors by the weights alone. */
import { type DataSource } from '../../../src/data/source';
import { partOf } from '../../../src/data/part';
import { parseOptions } from '../../../src/pass/option';
import { apply as factorize } from '../../../src/passes/factorize/apply';
import { declaration } from '../../../src/passes/factorize/declaration';
import { type Lab, ratio } from '../../support/lab';
import { openTrained, type TrainedModel, type TrainedName } from '../../support/quality';
import { scoresOf } from '../../support/scores';
import { contextFor, type InputShapes, macsOf } from '../../support/shrinking';
import { openDetection, openRecognition } from '../../support/text';

/** Samples that outputs are compared on: enough for their signal to noise, which needs no labels. */
const compared = 96;
/** Share of the multiply-accumulates that is to remain. */
const share = 0.6;

const names: readonly TrainedName[] = [
  ...(['mnist_cnn_bn', 'cifar10_cnn', 'cifar_resnet', 'cifar_vit'] as const),
  ...(['squeezenet1.1_fp32', 'mobilenet_v2_fp32'] as const),
];

/** With one scheme and the same budget, factors by what the layers see beside those by the weights alone. */
export async function whitenedAgainstPlain(lab: Lab): Promise<void> {
  const rows: string[][] = [];
  let least = Infinity;
  const openers = [
    ...names.map((name) => () => openTrained(lab, name, compared)),
    () => openDetection(lab),
    () => openRecognition(lab),
  ];
  for (const open of openers) {
    const trained = await open();
    if (!trained) continue;
    const { row, gain } = await compare(lab, trained);
    least = Math.min(least, gain);
    rows.push(row);
  }
  if (rows.length === 0) return;
  lab.table([`svd at ${share} of the MACs`, 'MACs, weights', 'MACs, data', 'by weights', 'by data'], rows);
  lab.aim('least gain by data, dB, below zero', -least, 0, (value) => value.toFixed(1));
  lab.print();
}

async function compare(
  lab: Lab,
  { name, model, calibration, evaluation }: TrainedModel,
): Promise<{ readonly row: string[]; readonly gain: number }> {
  const options = parseOptions(declaration.options, { scheme: 'svd', ratio: share, measure: false, merge: false });
  const shapes = await shapesIn(calibration);
  const plain = await factorize(model, options, await contextFor(model, undefined, shapes));
  const seen = await factorize(model, options, await contextFor(model, calibration, shapes));
  const some = partOf(evaluation, 0, Math.min(compared, evaluation.size));
  const [, weights, data] = await scoresOf(lab, [model, plain.model, seen.model], some);
  const fewer = [plain, seen].map((each) => ratio(macsOf(model, shapes) / macsOf(each.model, shapes)));
  const decibels = [weights!, data!].map(({ sqnrDb }) => `${sqnrDb.toFixed(1)} dB`);
  return { row: [name, ...fewer, ...decibels], gain: data!.sqnrDb - weights!.sqnrDb };
}

/** Shapes of the inputs in the first sample. */
async function shapesIn(data: DataSource): Promise<InputShapes> {
  for await (const { feeds } of data.samples(0, 1)) {
    return Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  }
  return {};
}
