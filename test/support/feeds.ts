/** Inputs that tests spell out, and data made of them. */
import { type DataSource } from '../../src/data/source';
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

/** The feeds as samples; `state` as DataSource has it. */
export function sourceOf(feeds: readonly Feeds[], state?: Readonly<Record<string, string>>): DataSource {
  return {
    size: feeds.length,
    description: `${feeds.length} samples of the test`,
    random: false,
    labelled: false,
    ...(state && { state }),
    async *samples(start = 0, count = feeds.length) {
      for (let index = start; index < Math.min(feeds.length, start + count); index++) {
        yield await Promise.resolve({ name: `sample ${index}`, feeds: feeds[index]! });
      }
    },
  };
}
