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
const share = 0.6;
const names: readonly TrainedName[] = ['cifar_resnet', 'cifar_vit', 'squeezenet1.1_fp32'];

/** Both ways on the same data, one-shot. */
export async function curvesAgainstLayers(lab: Lab): Promise<void> {
  const rows: string[][] = [];
  let least = Infinity;
  for (const name of names) {
    const trained = await openTrained(lab, name, compared);
    if (!trained) continue;
    const { model, calibration, evaluation, grading } = trained;
    const options = parseOptions(declaration.options, { ratio: share, measure: false });
    const context = await contextFor(model, calibration);
    const byCurves = await factorize(model, options, context);
    // Nothing is tried on samples that count as random.
    const byLayers = await factorize(model, options, { ...context, data: { ...calibration, random: true } });
    const [, layers, curves] = await scoresOf(lab, [model, byLayers.model, byCurves.model], evaluation, grading);
    least = Math.min(least, curves!.sqnrDb - layers!.sqnrDb);
    rows.push([
      name,
      ...[byLayers, byCurves].map((each) => ratio(macsOf(model) / macsOf(each.model))),
      ...[layers!, curves!].map(({ sqnrDb, grade = NaN }) => `${sqnrDb.toFixed(1)} dB, ${grade.toFixed(1)} %`),
    ]);
  }
  if (rows.length === 0) return;
  lab.table([`ranks at ${share} of the MACs by`, 'MACs, layers', 'MACs, curves', 'losses of layers', 'curves'], rows);
  lab.aim('least gain by curves, dB, below zero', -least, 0, (value) => value.toFixed(1));
  lab.print();
}
