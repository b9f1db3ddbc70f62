/**
 * Whether a budget that is spent by what each layer costs the outputs (on samples that nothing was fitted to) keeps more
 * than one that is spent by what each layer loses by itself.
 */
import { parseOptions } from '../../../src/pass/option';
import { apply as factorize } from '../../../src/passes/factorize/apply';
import { declaration } from '../../../src/passes/factorize/declaration';
import { type Lab, ratio } from '../../support/lab';
import { openTrained, type TrainedName } from '../../support/quality';
import { scoresOf } from '../../support/scores';
import { contextFor, macsOf } from '../../support/shrinking';

const compared = 256;
const names: readonly TrainedName[] = ['mnist_cnn_bn', 'cifar_resnet', 'cifar_vit', 'squeezenet1.1_fp32'];

/** Both ways on the same data, one-shot. */
export async function curvesAgainstLayers(lab: Lab): Promise<void> {
  const rows: string[][] = [];
  for (const name of names) {
    const trained = await openTrained(lab, name, compared);
    if (!trained) continue;
    const { model, calibration, evaluation, grading } = trained;
    for (const share of [0.5, 0.7]) {
      const options = parseOptions(declaration.options, { ratio: share, measure: false });
      const context = await contextFor(model, calibration);
      const byCurves = await factorize(model, options, context);
      // Nothing is tried on samples that count as random.
      const byLayers = await factorize(model, options, { ...context, data: { ...calibration, random: true } });
      const [, layers, curves] = await scoresOf(lab, [model, byLayers.model, byCurves.model], evaluation, grading);
      rows.push([
        name,
        `${share}`,
        ...[byLayers, byCurves].map((each) => ratio(macsOf(model) / macsOf(each.model))),
        ...[layers!, curves!].map(({ sqnrDb, grade = NaN }) => `${sqnrDb.toFixed(1)} dB, ${grade.toFixed(1)} %`),
      ]);
    }
  }
  if (rows.length === 0) return;
  lab.table(['ranks by', 'asked', 'MACs, layers', 'MACs, curves', 'losses of layers', 'curves'], rows);
  lab.print();
}
