/**
 * Runs a model on samples and hands over intermediate values as they come by: for calibration, range checks and
 * reconstruction. Nothing is kept, so memory does not grow with the number of samples.
 */
import { CarriedState } from '../data/carriedState';
import { type DataSource, type Sample } from '../data/source';
import { cloneModel } from '../graph/clone';
import { Expression } from '../graph/expression';
import { type Model } from '../graph/model';
import { countElements } from '../graph/shape';
import { type Value } from '../graph/value';
import { type Inference, inferModel } from '../operators/infer';
import { LapidaryError } from '../protocol/errors';
import { type Feeds, type InferenceRuntime, type RuntimeTensor, type SessionOptions } from '../runtime/port';
import { openModelIn } from '../runtime/runnable';
import { BodyLifter, type BodyValue, bodyValuesOf, type Lifted } from './bodyValues';
import { throwIfCancelled } from './context';

/** Bytes and number of values that one run fetches, where nothing else is said. */
const defaultPortion = { bytes: 256e6, values: 2000 };

/** How to observe. */
export interface ObserveOptions {
  readonly runtime: InferenceRuntime;
  /** What to run on; see samplesFor(). */
  readonly samples: DataSource;
  /** Use the first so many samples; all of them by default. */
  readonly count?: number;
  readonly signal: AbortSignal;
  /** `fraction` over all runs, from 0 to 1; `sample` counts from 0. */
  readonly onProgress?: (fraction: number, sample: number) => void;
  /** Called after each whole pass over the samples with the values that it brought: whoever sums up can finish them. */
  readonly onPortion?: (names: readonly string[]) => void | Promise<void>;
  /** Most bytes of values that one run may fetch (estimated from the shapes of the first sample). */
  readonly portionBytes?: number;
  /** Default: basic optimization, the runtime's own number of threads. */
  readonly session?: SessionOptions;
}

/**
 * Runs `model` on every sample and calls `see` with each of the named values: values of the main graph, graph inputs
 * among them, and of bodies (see observableValues). A value of a body comes with the values of all iterations at once: as
 * [iterations, …], or as one row of numbers where their shapes may differ; it does not come where it was not computed.
 * Values that together are too large for a run are cut into portions, and the samples gone through once a
 * portion. A name that the model lacks, or has in several bodies, throws `internal`; `see` must not keep the tensor.
 */
export async function observeValues(
  model: Model,
  names: readonly string[],
  see: (name: string, tensor: RuntimeTensor, sample: number) => void | Promise<void>,
  options: ObserveOptions,
): Promise<void> {
  const { samples, portionBytes = defaultPortion.bytes } = options;
  const first = await firstFeeds(samples);
  if (!first || names.length === 0) return;
  const values = observableValues(model);
  for (const name of names) {
    if (!values.has(name)) throw new LapidaryError('internal', `"${name}" is no value that can be observed.`);
  }
  const sizeOf = sizesOf(model, values, first);
  const bodies = bodyValuesOf(model);
  const parts = portions(names, (name) => sizeOf(name) * (bodies.get(name)?.runs ?? 1), portionBytes);
  for (const [index, part] of parts.entries()) {
    throwIfCancelled(options.signal);
    const onProgress = (fraction: number, sample: number) =>
      options.onProgress?.((index + fraction) / parts.length, sample);
    await observePortion(model, part, see, { ...options, onProgress });
    await options.onPortion?.(part);
  }
}

async function observePortion(
  model: Model,
  names: readonly string[],
  see: (name: string, tensor: RuntimeTensor, sample: number) => void | Promise<void>,
  { runtime, samples, count = samples.size, signal, onProgress, session: how }: ObserveOptions,
): Promise<void> {
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  const exposed = expose(
    model,
    names.filter((name) => !inputs.has(name)),
  );
  const fetched = [...exposed.outputs.values()].map(({ output }) => output.name);
  const session = await openModelIn(runtime, exposed.model, {
    optimization: 'basic',
    threads: 0,
    memoryPlan: false,
    ...how,
  });
  const state = new CarriedState(samples.state);
  // In a function of its own: what it holds dies with it, before the next sample looks for memory that nobody holds.
  const seeSample = async (sample: Sample, index: number): Promise<void> => {
    const { feeds, results } = await state.run(session, sample, fetched);
    for (const name of names) {
      const lifted = exposed.outputs.get(name);
      const tensor = lifted ? results[lifted.output.name] : feeds[name];
      const computed = tensor && lifted?.inBody ? computedPart(tensor, lifted.holes) : tensor;
      if (computed) await see(name, computed, index);
    }
  };
  try {
    let index = 0;
    for await (const sample of samples.samples(0, count)) {
      throwIfCancelled(signal);
      await seeSample(sample, index);
      index++;
      onProgress?.(Math.min(1, index / count), index - 1);
    }
  } finally {
    await session.close();
  }
}

/** A copy whose outputs are the named values of the main graph as well; the runtime finds out their types. */
export const exposing = (model: Model, names: readonly string[]): Model => expose(model, names).model;

interface Exposed {
  readonly model: Model;
  /** By name of the value: the output that gives it, under that name unless it is a body's. */
  readonly outputs: ReadonlyMap<string, Lifted & { readonly inBody: boolean }>;
}

function expose(model: Model, names: readonly string[]): Exposed {
  const copy = cloneModel(model);
  const { graph } = copy;
  const values = valuesOf(copy);
  const given = new Set(graph.outputs.map(({ name }) => name));
  const inBodies = names.some((name) => !values.has(name)) ? bodyValuesOf(copy) : new Map<string, BodyValue>();
  const lifter = inBodies.size > 0 ? new BodyLifter(copy, inferModel(copy)) : undefined;
  const outputs = new Map<string, Lifted & { readonly inBody: boolean }>();
  for (const name of names) {
    const value = values.get(name);
    const inner = value ? undefined : inBodies.get(name);
    const lifted = inner && lifter?.lift(inner.value, inner.graph);
    const output = value ?? lifted?.output;
    if (!output) continue;
    outputs.set(name, { ...lifted, output, inBody: lifted !== undefined });
    if (given.has(output.name)) continue;
    given.add(output.name);
    graph.outputs.push(output);
  }
  return { model: copy, outputs };
}

/** Without what stands for runs that did not compute the value; undefined where none did. */
function computedPart(tensor: RuntimeTensor, holes: number | undefined): RuntimeTensor | undefined {
  const { data, dataType } = tensor;
  if (data.length === 0) return undefined;
  if (holes === undefined || !(data instanceof Float32Array)) return tensor;
  const rows: Float32Array[] = [];
  for (let at = 0; at < data.length; at += holes) {
    const row = data.subarray(at, at + holes);
    if (!row.every(Number.isNaN)) rows.push(row);
  }
  if (rows.length === 0) return undefined;
  const kept = new Float32Array(rows.length * holes);
  rows.forEach((row, index) => kept.set(row, index * holes));
  return { dataType, shape: [kept.length], data: kept };
}

/** Values by name that observeValues() can hand over: those of the main graph, and of bodies where the name is unique. */
function observableValues(model: Model): Map<string, Value> {
  const values = valuesOf(model);
  for (const [name, { value }] of bodyValuesOf(model)) if (!values.has(name)) values.set(name, value);
  return values;
}

/** Inputs and computed values of the main graph by name. */
export function valuesOf({ graph }: Model): Map<string, Value> {
  const values = new Map<string, Value>(graph.inputs.map((value) => [value.name, value]));
  for (const { outputs } of graph.nodes()) for (const value of outputs) if (value) values.set(value.name, value);
  return values;
}

/** Inputs of the first sample; undefined when there is none. */
export async function firstFeeds(samples: DataSource): Promise<Feeds | undefined> {
  for await (const { feeds } of samples.samples(0, 1)) return feeds;
  return undefined;
}

/** Names cut into portions that one run may fetch. */
export function portions(names: readonly string[], sizeOf: (name: string) => number, mostBytes: number): string[][] {
  const all: string[][] = [];
  let current: string[] = [];
  let bytes = 0;
  for (const name of new Set(names)) {
    const size = sizeOf(name);
    if (current.length > 0 && (bytes + size > mostBytes || current.length >= defaultPortion.values)) {
      all.push(current);
      [current, bytes] = [[], 0];
    }
    current.push(name);
    bytes += size;
  }
  return [...all, current];
}

/** Bytes of a value for these inputs, at 4 an element; unknown dimensions are taken for 64, unknown ranks for 1 MB. */
export function sizesOf(model: Model, values: ReadonlyMap<string, Value>, feeds: Feeds): (name: string) => number {
  const inference = inferFor(model, feeds);
  return (name) => {
    const shape = inference.shapeOf(values.get(name)!);
    const dims = shape?.map((dim) => (dim instanceof Expression ? 64 : (dim ?? 64))) ?? [2 ** 18];
    return 4 * countElements(dims);
  };
}

function inferFor(model: Model, feeds: Feeds): Inference {
  const inputShapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  try {
    return inferModel(model, { inputShapes });
  } catch (thrown) {
    // Declared dimensions that the runtime lets pass, but inference does not: the declared ones then.
    if (!(thrown instanceof LapidaryError)) throw thrown;
    return inferModel(model);
  }
}
