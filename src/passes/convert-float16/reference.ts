/** Runs a model and looks inside: intermediate values in portions, so that never more than a few are kept. */
import { cloneModel } from '../../graph/clone';
import { Expression } from '../../graph/expression';
import { type Model } from '../../graph/model';
import { countElements, tensorType } from '../../graph/shape';
import { encodeModel } from '../../graph/toOnnx';
import { type Inference, inferModel } from '../../operators/infer';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type Feeds, type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { float32FromFloat16 } from '../../numerics/half';

/** Samples that a check runs on. */
const sampleCount = 2;
/** Bytes and number of values that one run fetches. */
const portionBytes = 256e6;
const portionValues = 2000;
/** Weights beyond this are not copied into memory only to be checked. */
const largestModelBytes = 5e8;

/** The model can be run for a check: what with, and what that is called. */
export interface Samples {
  readonly feeds: readonly Feeds[];
  readonly description: string;
}

/** True when the weights alone rule out a run from memory. */
export function isTooLarge(model: Model): boolean {
  const { initializers } = model.graph;
  return [...initializers.values()].reduce((sum, { constant }) => sum + constant!.byteLength, 0) > largestModelBytes;
}

/** Inputs to check with: data when there is some, else random ones. A string says why there can be no check. */
export async function samplesFor(model: Model, context: PassContext): Promise<Samples | string> {
  if (isTooLarge(model)) return 'it is too large to run within a pass';
  if (context.data) {
    const feeds: Feeds[] = [];
    for await (const sample of context.data.samples(0, sampleCount)) feeds.push(sample.feeds);
    return { feeds, description: context.data.description };
  }
  try {
    const [ports, bounds] = [inputPorts(model), indexBounds(model)];
    const feeds = Array.from({ length: sampleCount }, (_, seed) => randomFeeds(ports, { bounds, seed }));
    return { feeds, description: `${sampleCount} random samples` };
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (error.code !== 'unsupported') throw error;
    return error.message;
  }
}

/** The same graph with other outputs: a value of the main graph under the name it is known by. */
export interface Probe {
  /** Name in the reports. */
  readonly key: string;
  /** Name in the model. */
  readonly value: string;
  readonly dataType: 'float' | 'float16';
}

/** Cuts probes into portions by what they take in memory for these inputs. */
export function portions(model: Model, probes: readonly Probe[], feeds: Feeds): Probe[][] {
  const sizes = sizesOf(model, feeds);
  const all: Probe[][] = [];
  let current: Probe[] = [];
  let bytes = 0;
  for (const probe of probes) {
    const size = sizes(probe.key);
    if (current.length > 0 && (bytes + size > portionBytes || current.length >= portionValues)) {
      all.push(current);
      [current, bytes] = [[], 0];
    }
    current.push(probe);
    bytes += size;
  }
  return current.length > 0 ? [...all, current] : all;
}

function sizesOf(model: Model, feeds: Feeds): (name: string) => number {
  let inference: Inference;
  try {
    const inputShapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
    inference = inferModel(model, { inputShapes });
  } catch (thrown) {
    if (!(thrown instanceof LapidaryError)) throw thrown;
    inference = inferModel(model);
  }
  const known = new Map(
    [...model.graph.nodes()].flatMap(({ outputs }) => outputs.map((value) => [value?.name, value])),
  );
  return (name) => {
    const value = known.get(name);
    const shape = value && inference.shapeOf(value);
    const dims = shape?.map((dim) => (dim instanceof Expression ? 64 : (dim ?? 64))) ?? [2 ** 18];
    return 4 * countElements(dims);
  };
}

/** Runs `model` on every sample and hands over the probed values as float32. */
export async function observe(
  runtime: InferenceRuntime,
  model: Model,
  probes: readonly Probe[],
  samples: readonly Feeds[],
  see: (key: string, values: Float32Array) => void,
): Promise<void> {
  const copy = cloneModel(model);
  const { graph } = copy;
  const values = new Map([...graph.nodes()].flatMap(({ outputs }) => outputs.map((value) => [value?.name, value])));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const { value: name, dataType } of probes) {
    const value = values.get(name);
    if (!value || outputs.has(name)) continue;
    value.type = tensorType(dataType);
    graph.outputs.push(value);
    outputs.add(name);
  }
  const session = await runtime.open(encodeModel(copy), { optimization: 'basic', threads: 0 });
  try {
    const names = [...new Set(probes.map(({ value }) => value))].filter((name) => outputs.has(name));
    for (const feeds of samples) {
      const results = await session.run(feeds, names);
      for (const { key, value } of probes) if (results[value]) see(key, asFloats(results[value]));
    }
  } finally {
    await session.close();
  }
}

/** Elements of a float tensor as float32. */
export function asFloats({ dataType, data }: RuntimeTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dataType === 'float16' && data instanceof Uint16Array) return float32FromFloat16(data);
  return new Float32Array();
}

/** The first line of a message, cut where it gets long: as part of a sentence. */
export function brief({ message }: LapidaryError): string {
  const [line = ''] = message.split('\n');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
