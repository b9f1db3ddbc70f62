/** How close the float16 model is to the original, and which nodes cost the most. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { encodeModel } from '../../graph/toOnnx';
import { type InferenceRuntime, type RuntimeTensor, type SessionOptions } from '../../runtime/port';
import { isFloat32, type Plan } from './plan';
import { type Rounded } from './rounding';
import { asFloats, type CheckSamples } from './checkSamples';
import { observeValues } from '../../pass/observe';

/** Outputs of the original, one record per sample. */
export type References = readonly Readonly<Record<string, RuntimeTensor>>[];

/** Runs a model on every sample. */
export async function runAll(
  runtime: InferenceRuntime,
  model: Model,
  samples: CheckSamples,
  options: SessionOptions = { threads: 0 },
): Promise<References> {
  const session = await runtime.open(encodeModel(model), options);
  try {
    const results: Record<string, RuntimeTensor>[] = [];
    for (const feeds of samples.feeds) results.push(await session.run(feeds));
    return results;
  } finally {
    await session.close();
  }
}

/** A model whose run takes longer than this, ms, is checked on one sample: a check runs it, or what is made of it, several times. */
const slowRun = 200;

/** Outputs of the original, and the samples to check with: all, or the first where the model is slow. */
export async function referenceOf(
  runtime: InferenceRuntime,
  model: Model,
  samples: CheckSamples,
): Promise<{ readonly samples: CheckSamples; readonly reference: References }> {
  const session = await runtime.open(encodeModel(model), { threads: 0 });
  try {
    const reference: Record<string, RuntimeTensor>[] = [];
    for (const feeds of samples.feeds) {
      const started = performance.now();
      reference.push(await session.run(feeds));
      if (performance.now() - started > slowRun) return { samples: samples.first(), reference: reference.slice(0, 1) };
    }
    return { samples, reference };
  } finally {
    await session.close();
  }
}

/** Lowest SQNR over the float outputs in dB; −Infinity where an output has another shape or is not finite any more. */
export function worstSqnr(reference: References, other: References): number {
  let worst = Infinity;
  for (const name of Object.keys(reference[0] ?? {})) {
    let [signal, noise] = [0, 0];
    for (const [index, outputs] of reference.entries()) {
      const [a, b] = [outputs[name]!, other[index]![name]!];
      if (a.dataType !== 'float') continue;
      if (String(a.shape) !== String(b.shape)) return -Infinity;
      const power = noiseOf(asFloats(a), asFloats(b));
      signal += power.signal;
      noise += power.noise;
    }
    if (noise > 0) worst = Math.min(worst, 10 * Math.log10(signal / noise));
    else if (Number.isNaN(noise)) return -Infinity;
  }
  return worst;
}

/** Powers of a signal and of the difference; equal infinities and NaN in both count as equal. */
function noiseOf(a: Float32Array, b: Float32Array): { signal: number; noise: number } {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) {
      if (Number.isFinite(x)) signal += x * x;
      continue;
    }
    signal += x * x;
    noise += (x - y) * (x - y);
  }
  return { signal, noise };
}

/** Noise-to-signal ratio of rounding to 11 bits: a uniform error of at most 2^-12 relative. */
const roundingNoise = 2 ** -24 / 3;

/** What ranking looks at: the original, and the float16 model made from it. */
export interface Pair {
  readonly original: Model;
  readonly inference: Inference;
  readonly plan: Plan;
  /** Values that are float16 in the conversion, by their names in `original`. */
  readonly halves: ReadonlyMap<string, Value>;
  /** The conversion, made to round. */
  readonly rounded: Rounded;
}

/**
 * Nodes in float16 by how much noise each adds and how much it multiplies what it gets (noise-to-signal ratios of outputs
 * against inputs, on the first sample), largest first. Nodes in bodies cannot be observed; they follow at the end.
 */
export async function rankByNoise(
  runtime: InferenceRuntime,
  pair: Pair,
  samples: CheckSamples,
  signal: AbortSignal,
): Promise<Node[]> {
  const { original, plan } = pair;
  const twins = twinsOf(pair);
  const options = { runtime, samples: samples.first(), signal };
  const ratio = new Map<string, number>();
  const reference = new Map<string, Float32Array>();
  const compare = (name: string, values: Float32Array): void => {
    const before = reference.get(name);
    if (before?.length !== values.length) return;
    const { signal: power, noise } = noiseOf(before, values);
    ratio.set(name, noise === 0 ? 0 : Number.isNaN(noise) ? Infinity : noise / power);
  };
  await observeValues(original, [...twins.keys()], (name, tensor) => void reference.set(name, asFloats(tensor)), {
    ...options,
    onPortion: async (names) => {
      const originals = new Map(names.map((name) => [twins.get(name)!, name]));
      const see = (twin: string, tensor: RuntimeTensor): void => compare(originals.get(twin)!, asFloats(tensor));
      await observeValues(pair.rounded.model, [...originals.keys()], see, options);
      reference.clear();
    },
  });
  const added = (node: Node): number => {
    const of = (value: Value | undefined): number => (value && ratio.get(value.name)) ?? 0;
    const [into, out] = [Math.max(0, ...node.inputs.map(of)), Math.max(0, ...node.outputs.map(of))];
    // A node that multiplies noise (a difference of like numbers) weighs more than one that hands it on.
    return (out - into) * Math.log2(1 + out / Math.max(into, roundingNoise));
  };
  const nodes = [...original.graph.nodes()].filter((node) => plan.roles.get(node) === 'half');
  const scores = new Map(nodes.map((node) => [node, added(node)]));
  const score = (node: Node): number => (Number.isNaN(scores.get(node)) ? Infinity : scores.get(node)!);
  nodes.sort((a, b) => (score(b) === score(a) ? 0 : score(b) - score(a)));
  const hidden = [...original.graph.allNodes()].filter((node) => {
    return node.graph !== original.graph && plan.roles.get(node) === 'half';
  });
  return [...nodes, ...hidden];
}

/** For each float32 value of the original, the name of what the rounding conversion has in its place. */
function twinsOf({ original, inference, halves, rounded }: Pair): Map<string, string> {
  const { model, names } = rounded;
  const inModel = new Set([...model.graph.nodes()].flatMap(({ outputs }) => outputs.map((value) => value?.name)));
  const twins = new Map<string, string>();
  for (const node of original.graph.nodes()) {
    for (const value of node.outputs) {
      if (!value || !isFloat32(value, inference)) continue;
      const half = halves.get(value.name);
      const name = half ? (names.get(half.name) ?? half.name) : value.name;
      if (inModel.has(name)) twins.set(value.name, name);
    }
  }
  return twins;
}
