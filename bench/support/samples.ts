/** Samples that are read once, for what goes over them many times. */
import { type DataSource, type Sample } from '../../src/data/source';

/** All samples of a source. */
export async function collected(source: DataSource): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of source.samples()) samples.push(sample);
  return samples;
}

/** A source over samples at hand; `state` as in DataSource. */
export function inMemory(all: readonly Sample[], state?: Readonly<Record<string, string>>): DataSource {
  return {
    description: `${all.length} samples`,
    random: false,
    labelled: all.every(({ label }) => label !== undefined),
    size: all.length,
    ...(state && { state }),
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
    async *samples(start = 0, count = Infinity) {
      yield* all.slice(start, start + count);
    },
  };
}

/** Every sample from `start` on that is `step` further, `count` in all. */
export const spread = (all: readonly Sample[], count: number, step: number): Sample[] =>
  Array.from({ length: count }, (_, index) => all[index * step]!);
