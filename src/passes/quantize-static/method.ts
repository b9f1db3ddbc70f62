/** Which calibration method suits a model: all are tried on some of the samples, and outputs decide. */
import { type DataSource } from '../../data/source';
import { type PassContext } from '../../pass/context';
import { Reference } from '../../pass/reference';
import { type InferenceRuntime } from '../../runtime/port';
import { type Calibration, type CalibrationMethod, rangesBy } from './calibrate';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';

/** Methods in the order in which they are tried; the first wins a tie. */
const methods: readonly CalibrationMethod[] = ['minmax', 'percentile', 'mse', 'entropy'];

/** Samples that methods are compared on, at most. */
export const triedSamples = 24;

/** The method whose outputs came closest to the float model's, and how close each came. */
export interface ChosenMethod {
  readonly method: CalibrationMethod;
  readonly ranges: Ranges;
  /** SQNR of the worst output, dB, by method. */
  readonly tried: ReadonlyMap<CalibrationMethod, number>;
}

/** Tries all methods; `ranges` come from one and the same calibration. */
export async function chooseMethod(
  plan: StaticPlan,
  calibration: Calibration,
  percentile: number,
  samples: DataSource,
  runtime: InferenceRuntime,
  context: PassContext,
): Promise<ChosenMethod> {
  const { signal } = context;
  const reference = await Reference.of(plan.model, { runtime, samples, count: triedSamples, signal });
  const tried = new Map<CalibrationMethod, number>();
  let best: { method: CalibrationMethod; ranges: Ranges; db: number } | undefined;
  for (const [index, method] of methods.entries()) {
    context.progress({ fraction: 0.75 + (0.1 * index) / methods.length, message: `Trying calibration by ${method}` });
    const ranges = rangesBy(method, calibration, plan, percentile);
    const { sqnrDb } = await reference.measure(emitStatic(plan, ranges).model);
    tried.set(method, sqnrDb);
    if (!best || sqnrDb > best.db) best = { method, ranges, db: sqnrDb };
  }
  return { method: best!.method, ranges: best!.ranges, tried };
}
