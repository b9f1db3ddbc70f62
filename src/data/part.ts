/** A part of a data set. */
import { type DataSource } from './source';

/** The `size` samples from `from` on, as a source of their own. */
export function partOf(source: DataSource, from: number, size: number): DataSource {
  return {
    ...source,
    size,
    samples: (start = 0, count = size) => source.samples(from + start, Math.max(0, Math.min(count, size - start))),
  };
}
