/** Runs two models on the same samples, side by side, and hands over values that correspond: neither's are kept. */
import { CarriedState } from '../data/carriedState';
import { type Sample } from '../data/source';
import { type Model } from '../graph/model';
import { type InferenceSession, type RuntimeTensor } from '../runtime/port';
import { openModelIn } from '../runtime/runnable';
import { throwIfCancelled } from './context';
import { exposing, firstFeeds, type ObserveOptions, portions, sizesOf, valuesOf } from './observe';

/** Names of a value in both models. */
export interface ValuePair {
  readonly a: string;
  readonly b: string;
}

/** Told of both tensors, which it must not keep. */
export type SeePair = (pair: ValuePair, a: RuntimeTensor, b: RuntimeTensor, sample: number) => void;

/** Bytes of values that one run of one model may fetch. */
const portionBytes = 128e6;

/**
 * Runs `a` and `b`, which take the same inputs, on each sample and calls `see` for every pair. Where all values together
 * are too large, they are cut into portions and the samples gone through once for each.
 */
export async function observePairs(
  a: Model,
  b: Model,
  pairs: readonly ValuePair[],
  see: SeePair,
  options: Omit<ObserveOptions, 'onPortion'>,
): Promise<void> {
  const { samples, signal } = options;
  const first = await firstFeeds(samples);
  if (!first || pairs.length === 0) return;
  const sizeOf = sizesOf(a, valuesOf(a), first);
  const byName = new Map(pairs.map((pair) => [pair.a, pair]));
  const parts = portions([...byName.keys()], sizeOf, options.portionBytes ?? portionBytes);
  for (const [index, part] of parts.entries()) {
    throwIfCancelled(signal);
    const chosen = part.map((name) => byName.get(name)!);
    const onProgress = (fraction: number, sample: number) =>
      options.onProgress?.((index + fraction) / parts.length, sample);
    await observePortion(a, b, chosen, see, { ...options, onProgress });
  }
}

async function observePortion(
  a: Model,
  b: Model,
  pairs: readonly ValuePair[],
  see: SeePair,
  { runtime, samples, count = samples.size, signal, onProgress, session: how }: ObserveOptions,
): Promise<void> {
  const open = (model: Model, names: readonly string[]): Promise<InferenceSession> =>
    openModelIn(runtime, exposing(model, names), { optimization: 'basic', threads: 0, ...how });
  const names = { a: pairs.map((pair) => pair.a), b: [...new Set(pairs.map((pair) => pair.b))] };
  const first = await open(a, names.a);
  try {
    const second = await open(b, names.b);
    try {
      const [stateA, stateB] = [new CarriedState(samples.state), new CarriedState(samples.state)];
      // In a function of its own: see observe.
      const seeSample = async (sample: Sample, index: number): Promise<void> => {
        const { results: left } = await stateA.run(first, sample, names.a);
        const { results: right } = await stateB.run(second, sample, names.b);
        for (const pair of pairs) see(pair, left[pair.a]!, right[pair.b]!, index);
      };
      let index = 0;
      for await (const sample of samples.samples(0, count)) {
        throwIfCancelled(signal);
        await seeSample(sample, index);
        onProgress?.(Math.min(1, ++index / count), index - 1);
      }
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}
