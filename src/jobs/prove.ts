/** The second half of `compress`: writes what the passes made, measures it, and judges it where there are gates. */
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { type CompressRequest, type EvaluateRequest } from '../protocol/jobs';
import { type CompareReport, type CompressReport } from '../protocol/report';
import { openCandidate } from './candidate';
import { compareModels } from './compare';
import { type JobContext } from './context';
import { judge } from './gates';
import { storedModel, totalsAsWritten, type StoredModel } from './modelFile';
import { checkOutputFiles, writeOutput } from './output';
import { breathe } from '../pass/context';
import { type StageProgress } from './stages';

/** A model that the passes made, with the one they started from. */
export interface Made {
  readonly original: StoredModel;
  readonly model: Model;
  /** What its layers are compared with, where that is not the original; see EvaluateOptions. */
  readonly unquantized?: Model;
}

/** What became of a model: what it is worth, and whether it met its gates. */
export type Proof = Pick<CompressReport, 'before' | 'after' | 'evaluation' | 'evaluationSkipped' | 'gates' | 'written'>;

/** Writes the model, then measures it: only for that is it read again. */
export async function prove(
  made: Made,
  request: CompressRequest,
  context: JobContext,
  progress: StageProgress,
): Promise<Proof> {
  const { original, model } = made;
  const { bytes } = await writeOutput(model, request, context);
  const before = original.totals;
  const { evaluate } = request;
  if (!evaluate) {
    return { before, after: totalsAsWritten(model, bytes, request), evaluationSkipped: 'Not asked for.' };
  }
  const written = storedModel(request.output, request, { lenient: true });
  const evaluated = await evaluateOrSay(made, written, { ...request, evaluate }, context, progress);
  return { before, after: written.totals, ...evaluated };
}

/** Measures the model, and gives it its place only when it meets the gates (or is to be kept all the same). */
export async function proveFirst(
  made: Made,
  request: CompressRequest,
  context: JobContext,
  progress: StageProgress,
): Promise<Proof> {
  const { output, gates = {}, keep = false } = request;
  checkOutputFiles(made.model, request);
  const candidate = await openCandidate(output, context);
  try {
    const proof = await prove(made, { ...request, output: candidate.path }, context, progress);
    const verdicts = judge(gates, proof);
    const written = keep || verdicts.every(({ passed }) => passed);
    await breathe(context.signal);
    if (written) {
      // Once more: another run may have written there while this one was at work.
      checkOutputFiles(made.model, request);
      await candidate.accept();
    }
    return { ...renamed(proof, candidate.path, output), gates: verdicts, written };
  } finally {
    await candidate.close();
  }
}

/** The proof with the name that the model has (or would have had). */
function renamed(proof: Proof, from: string, to: string): Proof {
  const { evaluation, evaluationSkipped } = proof;
  if (evaluation) return { ...proof, evaluation: { ...evaluation, b: to } };
  return { ...proof, evaluationSkipped: (evaluationSkipped ?? '').replaceAll(from, to) };
}

type Evaluated = { readonly evaluation: CompareReport } | { readonly evaluationSkipped: string };

async function evaluateOrSay(
  { original, unquantized }: Made,
  written: StoredModel,
  request: CompressRequest & { readonly evaluate: EvaluateRequest },
  context: JobContext,
  progress: StageProgress,
): Promise<Evaluated> {
  const { dims, inputShapes, evaluate } = request;
  try {
    const how = { ...evaluate, dims, inputShapes, ...(unquantized && { unquantized }) };
    return { evaluation: await compareModels(original, written, how, context, progress) };
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    // The model is written and good; what cannot be measured is said. Bugs and cancels are not swallowed.
    if (!['runtime-missing', 'runtime-failed', 'unsupported', 'data'].includes(error.code)) throw error;
    return { evaluationSkipped: await explain(error, original, request, context) };
  }
}

/** Tells apart "this model never ran here" from "the new one does not, the old one does". */
async function explain(error: LapidaryError, { path }: StoredModel, request: CompressRequest, context: JobContext) {
  const said = [error.message, error.place.hint].filter(Boolean).join(' ');
  if (error.code !== 'runtime-failed' || error.place.model !== request.output) return said;
  try {
    const runtime = await context.runtime();
    await (await runtime.open(path)).close();
  } catch (thrown) {
    return `Neither model loads: ${LapidaryError.from(thrown).message}`;
  }
  return `The new model does not load, though the original does: ${said}`;
}
