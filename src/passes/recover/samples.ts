/** The samples that layers are fitted on: a part of the data, with variants of each image where they were asked for. */
import { partOf } from '../../data/part';
import { type DataSource, firstSample } from '../../data/source';
import { hasImages, type Variation, varied } from '../../data/varied';
import { LapidaryError } from '../../protocol/errors';

/** Samples to go through, variants behind the samples that they were made of. */
export interface FitSamples {
  readonly samples: DataSource;
  readonly count: number;
  /** How many of them differ: sample i and sample i + distinct are variants of one, and stay together. */
  readonly distinct: number;
}

/** Variants of each image, where there are any: more gained nothing. */
const copies = 3;

/** What the option "vary" asks for; throws `usage` where there is no image to vary. */
export async function variationOf(vary: 'none' | 'move' | 'mirror', data: DataSource): Promise<Variation> {
  if (vary === 'none') return { copies: 0, mirror: false };
  const first = await firstSample(data);
  if (!first || !hasImages(first)) {
    throw new LapidaryError('usage', 'Only images can be moved or mirrored, and the samples hold none.', {
      hint: 'Leave the option "vary" at "none".',
    });
  }
  return { copies, mirror: vary === 'mirror' };
}

/** The first samples of the data, at most `most`, with their variants. */
export function fitSamples(data: DataSource, most: number, variation: Variation): FitSamples {
  const distinct = Math.min(most, data.size);
  const samples = varied(partOf(data, 0, distinct), variation);
  return { samples, count: samples.size, distinct };
}
