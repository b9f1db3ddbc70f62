/** What each way costs one trained model, one-shot and recovered, at each ratio. */
import { type PassContext } from '../../../src/pass/context';
import { parseOptions } from '../../../src/pass/option';
import { apply as recover } from '../../../src/passes/recover/apply';
import { declaration as recovering } from '../../../src/passes/recover/declaration';
import { type InferenceRuntime } from '../../../src/runtime/port';
import { openTrained, top1, type TrainedModel, type TrainedName } from '../../support/quality';
import { type Lab } from '../../support/lab';
import { contextFor, macsOf } from '../../support/shrinking';
import { waysFor } from './ways';

const ratios = [1.3, 1.5, 2, 3];

/** One point of a curve: top-1 in %. */
export interface Point {
  readonly what: string;
  /** How many times fewer multiply-accumulates were asked for, and how many there are. */
  readonly ratio: number;
  readonly macs: number;
  readonly oneShot: number;
  readonly recovered: number;
}

/** The curves of one model. */
export interface Curves {
  readonly name: TrainedName;
  readonly data: string;
  /** Top-1 of the whole model, in %. */
  readonly base: number;
  readonly points: readonly Point[];
}

/** Measures on one thread, so that two models can be measured side by side; undefined where the model is not here. */
export async function curvesOf(
  lab: Pick<Lab, 'print' | 'file'>,
  name: TrainedName,
  onPoint: (point: Point) => void,
): Promise<Curves | undefined> {
  const trained = await openTrained(lab, name);
  if (!trained) return undefined;
  const { model, calibration, evaluation } = trained;
  const context = onOneThread(await contextFor(model, calibration));
  const points: Point[] = [];
  for (const way of waysFor(name)) {
    const shrink = await way.prepare(model, context);
    for (const ratio of ratios) {
      const { model: small, kept } = await shrink(ratio);
      const knowing = { ...context, ...(kept && { kept }) };
      const { model: repaired } = await recover(small, parseOptions(recovering.options, {}), knowing);
      const [oneShot, recovered] = [await scored(small, trained), await scored(repaired, trained)];
      const point = { what: way.what, ratio, macs: macsOf(model) / macsOf(small), oneShot, recovered };
      points.push(point);
      onPoint(point);
    }
  }
  return { name, data: evaluation.description, base: await scored(model, trained), points };
}

const scored = (model: TrainedModel['model'], { evaluation }: TrainedModel): Promise<number> =>
  top1(model, evaluation, 1);

function onOneThread(context: PassContext): PassContext {
  const runtime = context.runtime!;
  const single: InferenceRuntime = {
    name: runtime.name,
    limits: runtime.limits,
    open: (model, options) => runtime.open(model, { ...options, threads: 1 }),
  };
  return { ...context, runtime: single };
}
