/** Inputs that tests spell out, and data made of them. */
import { type DataSource, type Sample } from '../../src/data/source';
import { seeded } from './random';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';

/** A float vector. */
export const row = (...values: number[]): RuntimeTensor => ({
  dataType: 'float',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** A bool scalar. */
export const truth = (value: boolean): RuntimeTensor => ({
  dataType: 'bool',
  shape: [],
  data: Uint8Array.of(value ? 1 : 0),
});

/** An int64 scalar. */
export const whole = (value: number): RuntimeTensor => ({
  dataType: 'int64',
  shape: [],
  data: BigInt64Array.of(BigInt(value)),
});

/** Floats between −1 and 1, the same for the same seed. */
export function noise(shape: readonly number[], seed = 1): RuntimeTensor {
  const random = seeded(seed);
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { dataType: 'float', shape, data: Float32Array.from({ length: size }, () => 2 * random() - 1) };
}

/** A source over samples at hand, labelled when all of them are; `state` as in DataSource. */
export function inMemory(all: readonly Sample[], state?: Readonly<Record<string, string>>): DataSource {
  return {
    description: `${all.length} samples`,
    random: false,
    labelled: all.length > 0 && all.every(({ label }) => label !== undefined),
    size: all.length,
    ...(state && { state }),
    async *samples(start = 0, count = all.length) {
      for (const sample of all.slice(start, start + count)) yield await Promise.resolve(sample);
    },
  };
}

/** The feeds as samples; `state` as DataSource has it. */
export const sourceOf = (feeds: readonly Feeds[], state?: Readonly<Record<string, string>>): DataSource =>
  inMemory(
    feeds.map((each, index) => ({ name: `sample ${index}`, feeds: each })),
    state,
  );
