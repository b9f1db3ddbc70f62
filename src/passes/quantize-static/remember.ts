/** Data whose first samples stay in memory: whoever tries several models on them reads each file once. */
import { type DataSource, type Sample } from '../../data/source';
import { type Feeds } from '../../runtime/port';

/** Bytes of samples that are kept: memory must not grow with the number of samples. */
const mostBytes = 64e6;

/** The same data; the first `most` samples are kept as they are read, as long as there is room. */
export function remembered(source: DataSource, most: number): DataSource {
  /** By index; undefined where a sample cannot be read and is passed over. */
  const kept: (Sample | undefined)[] = [];
  let bytes = 0;
  const keep = (sample: Sample | undefined): void => {
    const size = sample ? sizeOf(sample.feeds) : 0;
    if (kept.length >= most || bytes + size > mostBytes) return;
    bytes += size;
    kept.push(sample);
  };
  return {
    ...source,
    async *samples(start = 0, count = source.size) {
      for (let index = start; index < Math.min(source.size, start + count); index++) {
        if (index < kept.length) {
          const sample = kept[index];
          if (sample) yield sample;
          continue;
        }
        let read: Sample | undefined;
        for await (const sample of source.samples(index, 1)) read = sample;
        if (index === kept.length) keep(read);
        if (read) yield read;
      }
    },
  };
}

function sizeOf(feeds: Feeds): number {
  let bytes = 0;
  for (const { data } of Object.values(feeds)) bytes += 'byteLength' in data ? data.byteLength : 16 * data.length;
  return bytes;
}
