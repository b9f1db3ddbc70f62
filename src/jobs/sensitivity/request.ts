/** What analyses of every kind make of a request, and what they say of their samples. */
import { openData } from '../../data/openData';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { breathe, type PassContext } from '../../pass/context';
import { type PassDeclaration } from '../../pass/declaration';
import { OptionError, type Options, parseOptions, type ValuesOf } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { indexBounds, inputPorts } from '../../runtime/randomFeeds';
import { type SensitivityReport } from '../../protocol/sensitivity';
import { type InferenceRuntime } from '../../runtime/port';
import { type JobContext } from '../context';
import { boundDims, openModel } from '../modelFile';
import { type StageProgress } from '../stages';

/** Samples that losses are measured on, unless told otherwise: enough to rank layers. */
const measuredSamples = 16;

/** Said where nobody gave data. */
const randomNote = 'The inputs were random: give data before you trust the order of the layers.';

/** The options of the pass whose loss is measured; throws `usage`. */
export function optionsOf<T extends Options>(
  declaration: PassDeclaration<T>,
  { options = {} }: SensitivityRequest,
): ValuesOf<T> {
  try {
    return parseOptions(declaration.options, options);
  } catch (thrown) {
    if (thrown instanceof OptionError) throw new LapidaryError('usage', thrown.message, {}, { cause: thrown });
    throw thrown;
  }
}

/** What an analysis runs. */
export interface Subject {
  readonly model: Model;
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  /** Samples that losses are measured on. */
  readonly count: number;
  /** When the work began, as `performance.now()` says it. */
  readonly started: number;
}

/** Opens the model and the data; throws what they throw, and what a runtime does that is not there. */
export async function subjectOf(request: SensitivityRequest, context: JobContext): Promise<Subject> {
  const started = performance.now();
  const model = openModel(request.path);
  await breathe(context.signal);
  const runtime = await context.runtime();
  const samples = await dataFor(model, request, context);
  return { model, runtime, samples, count: Math.min(request.samples ?? measuredSamples, samples.size), started };
}

/** What parts of a pass are given that run as one stage of an analysis. */
export function passContextFor(
  { model, runtime, samples }: Subject,
  request: SensitivityRequest,
  context: JobContext,
  progress: StageProgress,
): PassContext {
  return {
    runtime,
    data: samples,
    dims: boundDims(model, request),
    signal: context.signal,
    progress: ({ fraction, message, node }) => progress(fraction, message, node === undefined ? {} : { node }),
    log: (message) => context.log(message),
  };
}

/** What every report ends with: on what it was measured, what there is to say, and how long it took. */
export function accountOf(
  { samples, started }: Subject,
  notes: readonly string[] = [],
): Pick<SensitivityReport, 'data' | 'random' | 'notes' | 'seconds'> {
  return {
    data: samples.description,
    random: samples.random,
    notes: [...notes, ...(samples.random ? [randomNote] : [])],
    seconds: (performance.now() - started) / 1000,
  };
}

/** The data that was named, else random inputs. */
function dataFor(model: Model, request: SensitivityRequest, context: JobContext): Promise<DataSource> {
  const { data = { source: 'random' }, dims, inputShapes } = request;
  const log = (message: string) => context.log(message);
  return openData(data, inputPorts(model, dims), { dims, inputShapes, bounds: indexBounds(model), log });
}

/** JSON has no infinity. */
export const finite = (db: number): number | null => (Number.isFinite(db) ? db : null);
