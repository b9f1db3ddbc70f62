/** The least and the largest of numbers, however many. */
import { type RealRange } from './calibration';

/**
 * As `Math.min(...values)` and `Math.max(...values)`, which fail where there are more values than a call may have
 * arguments: about 120,000, fewer than a language model has words and therefore channels.
 */
export function minMax(values: Iterable<number>): RealRange {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}
