/** How much each layer loses when static quantization puts it in 8 bits. */
import { type PassContext } from '../../pass/context';
import { layerErrors } from '../../pass/layerErrors';
import { Reference } from '../../pass/reference';
import { calibrate, rangesBy } from '../../passes/quantize-static/calibrate';
import { declaration } from '../../passes/quantize-static/declaration';
import { emitStatic } from '../../passes/quantize-static/emit';
import { chooseMethod } from '../../passes/quantize-static/method';
import { planStatic, type StaticPlan } from '../../passes/quantize-static/plan';
import { type AloneLoss, layersOf, measureAlone } from '../../passes/quantize-static/sensitivity';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type LayerSensitivity, type QuantizationSensitivity } from '../../protocol/sensitivity';
import { type JobContext } from '../context';
import { Stages, type StageProgress } from '../stages';
import { accountOf, finite, optionsOf, passContextFor, subjectOf } from './request';

/**
 * Learns ranges, then measures the model with each layer alone in 8 bits, and once with all of them. Throws
 * `nothing-to-do` when no layer can be, `usage` for wrong options, `data` when the samples do not fit.
 */
export async function int8Sensitivity(
  request: SensitivityRequest,
  context: JobContext,
): Promise<QuantizationSensitivity> {
  const options = optionsOf(declaration, request);
  const subject = await subjectOf(request, context);
  const { model, runtime, samples, count } = subject;
  const stages = new Stages(context, { calibrate: 3, reference: 1, alone: 10, all: 2 });
  const passContext = (progress: StageProgress): PassContext => passContextFor(subject, request, context, progress);
  const calibrating = passContext(stages.of('calibrate'));
  const plan = await planStatic(model, options, calibrating);
  refuseNothing(plan, request.path);
  const calibration = await calibrate(plan, { ...calibrating, runtime, samples, count: options.calibrationSamples });
  const { method, percentile } = options;
  const ranges =
    method === 'auto'
      ? (await chooseMethod(plan, calibration, percentile, samples, runtime, calibrating)).ranges
      : rangesBy(method, calibration, plan, percentile);
  const progress = stages.of('reference');
  const reference = await Reference.of(plan.model, {
    runtime,
    samples,
    count,
    signal: context.signal,
    onSample: (sample, of) => progress(sample / of, `Running the float model, sample ${sample} of ${of}`),
  });
  const alone = await measureAlone(plan, ranges, reference, passContext(stages.of('alone')));
  const all = emitStatic(plan, ranges).model;
  const allDb = (await reference.measure(all)).sqnrDb;
  const last = stages.of('all');
  const together = await layerErrors(plan.model, all, layersOf(plan).map(lastNode), {
    runtime,
    samples,
    count,
    signal: context.signal,
    onProgress: (fraction) => last(fraction, 'Comparing the outputs of layers'),
  });
  return {
    of: 'int8',
    path: request.path,
    layers: rowsOf(alone, together),
    allDb: finite(allDb),
    samples: reference.size,
    calibrationSamples: calibration.samples,
    ...accountOf(subject, plan.notes),
  };
}

/** Where the output of a unit is: at the Relu or Clip behind it, whose work 8 bits do as well. */
const lastNode = ({ node, tail }: AloneLoss['unit']) => tail ?? node;

function refuseNothing(plan: StaticPlan, model: string): void {
  if (layersOf(plan).length > 0) return;
  throw new LapidaryError('nothing-to-do', 'The model has no layer in float32 that could run in 8 bits.', { model });
}

function rowsOf(alone: readonly AloneLoss[], together: ReadonlyMap<string, number>): LayerSensitivity[] {
  const ranked = [...alone].sort((a, b) => a.aloneDb - b.aloneDb);
  const ranks = new Map(ranked.map((loss, index) => [loss, index + 1]));
  return alone.map((loss): LayerSensitivity => {
    const { unit, aloneDb, weightDb } = loss;
    const cumulativeDb = together.get(lastNode(unit).label);
    return {
      node: unit.node.label,
      opType: unit.node.opType,
      rank: ranks.get(loss)!,
      aloneDb: finite(aloneDb),
      ...(weightDb !== undefined && { weightDb: finite(weightDb) }),
      ...(cumulativeDb !== undefined && { cumulativeDb: finite(cumulativeDb) }),
      weightBytes: unit.weight?.tensor.byteLength ?? 0,
    };
  });
}
