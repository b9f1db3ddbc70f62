/** SmoothQuant (Xiao et al. 2023, sections 4 and 5.1): one scale for each channel of what a set of layers reads. */
import { sqnrDb } from '../../numerics/quantize';
import { type Group, type GroupSide } from '../../pass/channels/groups';
import { forEachPair, type Layer, magnitudes } from '../../pass/channels/layer';
import { type InferenceRuntime } from '../../runtime/port';
import { type Ranges } from './ranges';
import { Trial } from './trial';

/** Strengths that are tried. */
const strengths = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
/** An error has to fall by this factor for a layer to be touched. */
const worthwhile = 0.9;
/** Factors this close to 1 (natural logarithm) are the same. */
const negligible = 0.02;

/** What to do with one group. */
export interface Choice {
  readonly alpha: number;
  /** Factor of each class, by root: what its values are multiplied by. */
  readonly factors: ReadonlyMap<number, number>;
  /** SQNR of what the readers make in 8 bits, before and after, where it was measured. */
  readonly sqnrDb?: { readonly before: number; readonly after: number };
}

/**
 * Factors 1/s, s = max|X|^α / max|W|^(1−α), brought to a geometric mean of 1, since one factor for all changes nothing.
 * A channel that is never used keeps its scale.
 */
export function smoothing(group: Group, rangesOf: (side: GroupSide) => Ranges, alpha: number): Map<number, number> {
  const free = new Set(group.classes);
  const activations = new Map<number, number>();
  const weights = new Map<number, number>();
  const raise = (most: Map<number, number>, root: number, value: number): void => {
    if (free.has(root) && value > (most.get(root) ?? 0)) most.set(root, value);
  };
  for (const side of group.readers) {
    const ranges = rangesOf(side);
    side.roots.forEach((root, channel) => raise(activations, root, ranges.most(channel)));
    inputMagnitudes(side.layer).forEach((value, channel) => raise(weights, side.roots[channel]!, value));
  }
  const logs = new Map<number, number>();
  for (const root of group.classes) {
    const [x, w] = [activations.get(root), weights.get(root)];
    if (x && w) logs.set(root, (1 - alpha) * Math.log(w) - alpha * Math.log(x));
  }
  const mean = [...logs.values()].reduce((sum, log) => sum + log, 0) / Math.max(1, logs.size);
  return new Map([...logs].map(([root, log]) => [root, Math.exp(log - mean)]));
}

/** Largest weight that reads each input channel. */
function inputMagnitudes(layer: Layer): Float64Array {
  const out = new Float64Array(layer.inputs);
  const sizes = magnitudes(layer);
  forEachPair({ ...layer.grid, inner: 1 }, (_, input, at) => {
    if (sizes[at]! > out[input]!) out[input] = sizes[at]!;
  });
  return out;
}

/** True when the factors are all the same, as they are once a group is smooth. */
export const isSmooth = (factors: ReadonlyMap<number, number>): boolean =>
  [...factors.values()].every((factor) => Math.abs(Math.log(factor)) < negligible);

/** Tries strengths on all readers of the group; undefined when none makes the error noticeably smaller. */
export async function bestSmoothing(
  group: Group,
  rangesOf: (side: GroupSide) => Ranges,
  runtime: InferenceRuntime,
): Promise<Choice | undefined> {
  const trials: { trial: Trial; side: GroupSide }[] = [];
  try {
    for (const side of group.readers) {
      trials.push({ trial: await Trial.open(side.layer, rangesOf(side), side.axis, runtime), side });
    }
    const measure = async (factors: ReadonlyMap<number, number>): Promise<{ signal: number; noise: number }> => {
      const total = { signal: 0, noise: 0 };
      for (const { trial, side } of trials) {
        const { signal, noise } = await trial.noise(Float64Array.from(side.roots, (root) => factors.get(root) ?? 1));
        // Each reader counts alike, however large its outputs are.
        total.signal += 1;
        total.noise += signal === 0 ? 0 : noise / signal;
      }
      return total;
    };
    const before = await measure(new Map());
    let best: (Choice & { noise: number }) | undefined;
    for (const alpha of strengths) {
      const factors = smoothing(group, rangesOf, alpha);
      if (isSmooth(factors)) continue;
      const after = await measure(factors);
      const limit = best?.noise ?? worthwhile * before.noise;
      if (!(after.noise < limit)) continue;
      best = { alpha, factors, noise: after.noise, sqnrDb: { before: sqnrDb(before), after: sqnrDb(after) } };
    }
    return best;
  } finally {
    for (const { trial } of trials) await trial.close();
  }
}
