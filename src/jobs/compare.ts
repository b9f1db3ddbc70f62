/** `compare`: quality, latency, size and cost of two models, per layer. */
import { type Bindings, type CompareRequest, type EvaluateRequest } from '../protocol/jobs';
import { type CompareReport } from '../protocol/report';
import { type JobContext } from './context';
import { evaluate } from './evaluate';
import { checkLayers, isQuantized, type LayerYardstick } from './layerChecks';
import { storedModel, type StoredModel } from './modelFile';
import { pairLayers } from './pairs';
import { Stages, type StageProgress } from './stages';

/** Compares two models. */
export function compare(request: CompareRequest, context: JobContext): Promise<CompareReport> {
  const progress = new Stages(context, { compare: 1 }).of('compare');
  progress(0, 'Reading the models');
  const [a, b] = [storedModel(request.a, request), storedModel(request.b, request, { lenient: true })];
  return compareModels(a, b, request, context, progress);
}

/** Compares two models that were read and profiled; the report names their files as given. */
export async function compareModels(
  a: StoredModel,
  b: StoredModel,
  request: EvaluateRequest & Bindings & LayerYardstick,
  context: JobContext,
  progress: StageProgress,
): Promise<CompareReport> {
  const quantized = isQuantized(b.model);
  const share = 0.8;
  const evaluating: StageProgress = (fraction, ...rest) => progress(fraction * share, ...rest);
  const { warnings, ...measured } = await evaluate({ ...request, a, b }, context, evaluating);
  const pairs = pairLayers(a.profile.layers, b.profile.layers);
  // Where outputs agree to the last bit there is no error to look for, and only quantized layers may run in several ways.
  const differs = measured.quality.outputs.some(({ sqnrDb }) => sqnrDb !== null);
  const checks =
    quantized || differs
      ? await checkLayers(pairs, { ...request, a, b, quantized }, context, (fraction, ...rest) =>
          progress(share + (1 - share) * fraction, ...rest),
        )
      : { layers: pairs, warnings: [] };
  const [before, after] = [a.totals, b.totals];
  return {
    a: a.path,
    b: b.path,
    ...measured,
    size: { before: before.fileBytes, after: after.fileBytes, ratio: before.fileBytes / after.fileBytes },
    cost: { before, after },
    ...checks,
    warnings: [...warnings, ...checks.warnings],
  };
}
