/** Data whose first samples stay in memory: whoever tries several models on them reads each file once. */
import { type DataSource, type Sample } from '../../data/source';
import { type Feeds } from '../../runtime/port';

/** Bytes of samples that are kept. */
const mostBytes = 128e6;

/** The same data; samples are kept as they are read for the first time, as long as there is room. */
export function remembered(source: DataSource): DataSource {
  const kept: Sample[] = [];
  let bytes = 0;
  let full = false;
  return {
    ...source,
    size: source.size,
    async *samples(start = 0, count = source.size) {
      // Skipped samples make positions differ from indices: only reading from the first one on is remembered.
      if (start > 0) {
        yield* source.samples(start, count);
        return;
      }
      yield* kept.slice(0, count);
      if (kept.length >= count) return;
      let index = 0;
      for await (const sample of source.samples(0, count)) {
        if (index++ < kept.length) continue;
        const size = sizeOf(sample.feeds);
        full ||= bytes + size > mostBytes;
        if (!full) {
          bytes += size;
          kept.push(sample);
        }
        yield sample;
      }
    },
  };
}

function sizeOf(feeds: Feeds): number {
  let bytes = 0;
  for (const { data } of Object.values(feeds)) bytes += 'byteLength' in data ? data.byteLength : 16 * data.length;
  return bytes;
}
