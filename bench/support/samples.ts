/** Samples that are read once, for what goes over them many times. */
import { type DataSource, type Sample } from '../../src/data/source';

/** All samples of a source. */
export async function collected(source: DataSource): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of source.samples()) samples.push(sample);
  return samples;
}

/** Every sample from `start` on that is `step` further, `count` in all. */
export const spread = (all: readonly Sample[], count: number, step: number): Sample[] =>
  Array.from({ length: count }, (_, index) => all[index * step]!);
