/**
 * Frees the memory of samples that were used. To V8 a tensor is a small object: it would look for dead ones only after
 * 64 MB of them, or more, and memory would seem to grow with the number of samples.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** New bytes outside of V8's heap after which it is worth looking. */
const enough = 8e6;

type Collect = (options?: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;
/** Bytes that were left after the last look, and after the last thorough one. */
let [left, lasting] = [0, 0];

const outside = (): number => getHeapStatistics().external_memory;

/** To be called between samples, or whatever else of their size comes one after the other: frees what nobody holds any more once there is enough of it. */
export function sweep(): void {
  const now = outside();
  // V8 may have freed more by itself since: what counts is what came after that.
  [left, lasting] = [Math.min(left, now), Math.min(lasting, now)];
  if (now < left + enough) return;
  collect ??= collector();
  // Young objects only: a millisecond.
  collect({ type: 'minor' });
  left = outside();
  if (left < lasting + 2 * enough) return;
  collect();
  left = lasting = outside();
}

/** V8's own collector, which it hides unless asked; asking is possible at any time. */
function collector(): Collect {
  // Buffers freed by another thread count as there until V8 looks again. Tensors make V8 believe that it is time to mark
  // what is alive, bit by bit, and meanwhile young buffers are not freed at all. (cli/start.ts sets the same.)
  setFlagsFromString('--no-concurrent-array-buffer-sweeping --no-incremental-marking');
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  // Without it, dead samples only stay longer.
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
