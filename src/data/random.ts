/** Typed random samples, for when there is no data: good for latency and for a first look at errors, not for quality. */
import { type PortInfo } from '../runtime/port';
import { randomFeeds } from '../runtime/randomFeeds';
import { type ShapeBindings } from './slot';
import { type DataSource, type Sample } from './source';

/** How many random samples stand for a data set. */
const defaultRandomSamples = 8;

/** What random data depends on. */
export interface RandomOptions extends ShapeBindings {
  readonly samples?: number;
  readonly seed?: number;
  /** Exclusive upper bounds of integer inputs, by name (indices into embeddings). */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** Seeded random samples; the same seed gives the same samples on every machine. */
export function randomSource(inputs: readonly PortInfo[], options: RandomOptions): DataSource {
  const { samples: size = defaultRandomSamples, seed = 0, dims, inputShapes, bounds } = options;
  // Samples of neighbouring seeds must not repeat each other: a stride that no person counts in.
  const sample = (index: number): Sample => ({
    name: `random ${index}`,
    feeds: randomFeeds(inputs, { seed: seed + index * 7919, dims, inputShapes, bounds }),
  });
  const isFree = ({ name, shape }: PortInfo): boolean =>
    !inputShapes?.[name] && (shape ?? []).some((dim) => typeof dim === 'string' && dims?.[dim] === undefined);
  const others = dims === undefined || Object.keys(dims).length === 0 ? '' : 'other ';
  const free = inputs.some(isFree) ? `, ${others}dynamic dimensions at 1` : '';
  const describe = (count: number): string => `${count} random ${count === 1 ? 'sample' : 'samples'}${free}`;
  return {
    description: describe(size),
    describe,
    random: true,
    labelled: false,
    size,
    async *samples(start = 0, count = size) {
      for (let index = start; index < Math.min(size, start + count); index++)
        yield await Promise.resolve(sample(index));
    },
  };
}
