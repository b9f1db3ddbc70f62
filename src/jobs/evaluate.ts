/** Runs two models on the same inputs: how far apart their outputs are, and how long each takes. */
import { openData } from '../data/openData';
import { CarriedState } from '../data/carriedState';
import { type DataSource } from '../data/source';
import { LapidaryError } from '../protocol/errors';
import { type Bindings, type DataSpec, type EvaluateRequest } from '../protocol/jobs';
import { type CompareReport, type Warning } from '../protocol/report';
import { compareLatency } from '../runtime/measure';
import { type Feeds, type InferenceRuntime, type InferenceSession } from '../runtime/port';
import { indexBounds } from '../runtime/randomFeeds';
import { type JobContext } from './context';
import { checkInputs, feedsFor, randomHint } from './inputs';
import { type StoredModel } from './modelFile';
import { isComparable, OutputMeter } from '../pass/outputMeter';
import { breathe, throwIfCancelled } from '../pass/context';
import { type StageProgress } from './stages';

/** The measured part of a comparison. */
export interface Evaluation extends Pick<CompareReport, 'quality' | 'latency'> {
  readonly warnings: readonly Warning[];
}

type ModelAt = Pick<StoredModel, 'path' | 'model'>;

/** What to evaluate and how. */
export interface EvaluateOptions extends EvaluateRequest, Bindings {
  readonly a: ModelAt;
  readonly b: ModelAt;
}

/**
 * Evaluates `b` against `a`. Throws `unsupported` when the runtime is older than a model, `runtime-failed` when it
 * refuses one, `data` when the data does not fit.
 */
export async function evaluate(options: EvaluateOptions, context: JobContext, progress: StageProgress) {
  progress(0, 'Loading the models');
  const runtime = await context.runtime();
  const a = await open(options.a, runtime, options.threads);
  try {
    const b = await open(options.b, runtime, options.threads);
    try {
      return await evaluateSessions({ ...options, sessions: [a, b] }, context, progress);
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

async function open({ path, model }: ModelAt, runtime: InferenceRuntime, threads = 1): Promise<InferenceSession> {
  const { opset, irVersion } = runtime.limits;
  const newer =
    model.opset > opset
      ? `opset ${model.opset} (it knows up to ${opset})`
      : model.irVersion > irVersion
        ? `IR version ${model.irVersion} (it knows up to ${irVersion})`
        : undefined;
  if (newer !== undefined) {
    throw new LapidaryError('unsupported', `The model is newer than ${runtime.name}: it uses ${newer}.`, {
      model: path,
      hint: 'It cannot be run here, only inspected and rewritten.',
    });
  }
  return runtime.open(path, { threads });
}

type Sessions = readonly [a: InferenceSession, b: InferenceSession];

async function evaluateSessions(
  options: EvaluateOptions & { readonly sessions: Sessions },
  context: JobContext,
  progress: StageProgress,
): Promise<Evaluation> {
  const { sessions, latency = true } = options;
  const warnings: Warning[] = [];
  checkInputs(sessions[0], sessions[1], options.b.path);
  const source = await openSource(options, sessions[0], context, warnings);
  const outputs = pairOutputs(sessions, warnings);
  const share = latency ? latencyShare(source.size) : 0;
  const { meters, samples, seen, first } = await compareOutputs(
    { sessions, source, outputs, mayStop: source.random && options.samples === undefined && !options.data?.samples },
    context,
    (fraction, message) => progress(fraction * (1 - share), message),
  );
  if (samples === 0 || !first) throw new LapidaryError('data', 'Not one sample could be read.');
  const measured = latency
    ? await compareLatency(
        { session: sessions[0], feeds: first },
        { session: sessions[1], feeds: feedsFor(sessions[1], sessions[0], first) },
        {
          outputs: undefined,
          // Both have been running until now.
          ...(samples > 1 && { warmups: 1 }),
          signal: context.signal,
          onProgress: (fraction) => progress(1 - share + fraction * share, 'Measuring latency, both models in turns'),
        },
      )
    : undefined;
  return {
    quality: qualityOf({ meters, source, samples, seen }, warnings),
    ...(measured && { latency: { ...measured, threads: options.threads ?? 1 } }),
    warnings,
  };
}

/** Measuring latency takes a few seconds; a sample, most often, a small part of one. */
const latencyShare = (samples: number): number => 60 / (60 + samples);

function openSource(
  options: EvaluateOptions,
  session: InferenceSession,
  context: JobContext,
  warnings: Warning[],
): Promise<DataSource> {
  const { data, samples, dims, inputShapes, a } = options;
  const spec: DataSpec = { source: 'random', ...data, ...(samples !== undefined && { samples }) };
  return openData(spec, session.inputs, {
    dims,
    inputShapes,
    bounds: indexBounds(a.model),
    log: (message) => {
      warnings.push({ code: 'sample-skipped', message });
      context.log(message);
    },
  });
}

/** Names of an output in both models. */
interface OutputPair {
  readonly a: string;
  readonly b: string;
}

/** Outputs by name; by position when the names differ. Says which ones are left out. */
function pairOutputs([a, b]: Sessions, warnings: Warning[]): OutputPair[] {
  const byName = a.outputs.every((port) => b.outputs.some((other) => other.name === port.name));
  const pairs: OutputPair[] = [];
  for (const [index, port] of a.outputs.entries()) {
    const twin = byName ? b.outputs.find((other) => other.name === port.name) : b.outputs[index];
    const leave = (message: string) => warnings.push({ code: 'output-not-compared', message });
    if (!twin) leave(`Output "${port.name}" has no counterpart in the second model.`);
    else if (!isComparable(port) || !isComparable(twin)) {
      leave(`Output "${port.name}" cannot be compared: it is ${port.dataType ?? 'not a tensor'}.`);
    } else pairs.push({ a: port.name, b: twin.name });
  }
  if (pairs.length > 0) return pairs;
  throw new LapidaryError('unsupported', 'The models have no output that can be compared as numbers.');
}

/** What random inputs say of two outputs is rough, however many there are: slow models are run on fewer, but on so many. */
const fewestRandom = 2;
const randomBudgetMs = 1000;

interface ToCompare {
  readonly sessions: Sessions;
  readonly source: DataSource;
  readonly outputs: readonly OutputPair[];
  /** Random samples, whose number nobody asked for, may end early. */
  readonly mayStop: boolean;
}

async function compareOutputs(
  { sessions, source, outputs, mayStop }: ToCompare,
  context: JobContext,
  progress: StageProgress,
) {
  const [a, b] = sessions;
  const meters = outputs.map((output) => new OutputMeter(output.a));
  const [fetchA, fetchB] = [outputs.map((output) => output.a), outputs.map((output) => output.b)];
  const seen = new Set<number>();
  let samples = 0;
  let first: Feeds | undefined;
  const [stateA, stateB] = [new CarriedState(source.state), new CarriedState(source.state)];
  const started = performance.now();
  for await (const { feeds, label, name, begins } of source.samples()) {
    await breathe(context.signal);
    if (mayStop && samples >= fewestRandom && performance.now() - started > randomBudgetMs) break;
    progress(samples / source.size, `Comparing outputs, sample ${samples + 1} of ${source.size}`);
    try {
      const { results: before } = await stateA.run(a, { feeds, begins }, fetchA);
      throwIfCancelled(context.signal);
      const { results: after } = await stateB.run(b, { feeds: feedsFor(b, a, feeds), begins }, fetchB);
      for (const [index, meter] of meters.entries()) {
        meter.add(before[fetchA[index]!]!, after[fetchB[index]!]!, label);
      }
    } catch (thrown) {
      throw atSample(thrown, name, source);
    }
    first ??= feeds;
    if (label !== undefined) seen.add(label);
    samples++;
  }
  return { meters, samples, seen, first };
}

function atSample(thrown: unknown, sample: string, source: DataSource): LapidaryError {
  const error = LapidaryError.from(thrown, 'runtime-failed');
  if (error.code === 'cancelled' || error.place.hint) return error;
  return error.at({ hint: source.random ? randomHint : `It was sample ${sample}.` });
}

interface Compared {
  readonly meters: readonly OutputMeter[];
  readonly source: DataSource;
  readonly samples: number;
  /** Classes that occurred. */
  readonly seen: ReadonlySet<number>;
}

function qualityOf({ meters, source, samples, seen }: Compared, warnings: Warning[]): CompareReport['quality'] {
  const outputs = meters.map((meter) => meter.result());
  for (const { name, nonFinite, misshapenSamples } of outputs) {
    if (nonFinite) {
      const { before, after } = nonFinite;
      const has =
        after > 0
          ? `has ${after} values that are NaN or infinite where the first model's are not the same (the first has ${before})`
          : `is NaN or infinite ${before} times in the first model, and never in the second`;
      const message = `Output "${name}" ${has}; they are left out of its figures.`;
      warnings.push({ code: 'non-finite-output', message });
    }
    if (misshapenSamples) {
      const message = `Output "${name}" differs in shape for ${misshapenSamples} of ${samples} samples; they are left out.`;
      warnings.push({ code: 'output-shape-differs', message });
    }
  }
  const metric = metricOf(meters, source, warnings);
  // Files are taken in order, and those of one class stand together: the first few are no fair sample.
  const classes = source.classes ?? meters.find(({ accuracy }) => accuracy)?.classCount ?? 0;
  if (metric && seen.size < Math.min(classes, samples) / 2) {
    const message = `These ${samples} samples are of ${seen.size} of the ${classes} classes: the accuracy says little about the others.`;
    warnings.push({ code: 'classes-missing', message });
  }
  const data = source.describe?.(samples) ?? source.description;
  return { samples, data, random: source.random, outputs, ...(metric && { metric }) };
}

/** Top-1 accuracy, when there are labels and an output that scores as many classes. */
function metricOf(meters: readonly OutputMeter[], source: DataSource, warnings: Warning[]) {
  if (!source.labelled) return undefined;
  const scores = meters.find(
    (meter) => meter.accuracy && (source.classes === undefined || source.classes === meter.classCount),
  );
  if (scores?.accuracy) return { name: 'top-1 accuracy', ...scores.accuracy };
  const count = meters.find((meter) => meter.classCount !== undefined)?.classCount;
  const why =
    count === undefined
      ? 'no output looks like class scores'
      : `the labels have ${source.classes ?? 'other'} classes, the output ${count} scores`;
  warnings.push({ code: 'labels-unused', message: `The labels were not used: ${why}.` });
  return undefined;
}
