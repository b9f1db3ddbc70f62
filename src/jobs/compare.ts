/** `compare`: quality, latency, size and cost of two models, per layer. */
import { type Bindings, type CompareRequest, type EvaluateRequest } from '../protocol/jobs';
import { type CompareReport } from '../protocol/report';
import { type JobContext } from './context';
import { evaluate } from './evaluate';
import { bindingsFor, openModel, profileFile, totalsOf } from './modelFile';
import { pairLayers } from './pairs';
import { Stages, type StageProgress } from './stages';

/** Compares two models. */
export function compare(request: CompareRequest, context: JobContext): Promise<CompareReport> {
  const { a, b } = request;
  return compareFiles(a, b, request, context, new Stages(context, { compare: 1 }).of('compare'));
}

/** Compares two files; the report names them as given. */
export async function compareFiles(
  a: string,
  b: string,
  request: EvaluateRequest & Bindings,
  context: JobContext,
  progress: StageProgress,
): Promise<CompareReport> {
  progress(0, 'Reading the models');
  const [modelA, modelB] = [openModel(a), openModel(b)];
  const before = profileFile(modelA, a, request);
  const after = profileFile(modelB, b, bindingsFor(modelB, request));
  const { warnings, ...measured } = await evaluate(
    { ...request, a: { path: a, model: modelA }, b: { path: b, model: modelB } },
    context,
    progress,
  );
  const [sizeBefore, sizeAfter] = [before.model.fileBytes, after.model.fileBytes];
  return {
    a,
    b,
    ...measured,
    size: { before: sizeBefore, after: sizeAfter, ratio: sizeBefore / sizeAfter },
    cost: { before: totalsOf(before), after: totalsOf(after) },
    layers: pairLayers(before.layers, after.layers),
    warnings,
  };
}
