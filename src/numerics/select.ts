/** The k-th smallest of many numbers without sorting them. */

const halfBits = 1 << 16;

/**
 * The value that exactly `count` of all elements of `arrays` are smaller than or equal to, ties apart, and how many are
 * strictly below it: radix selection over the bits of non-negative float32 numbers, which sort like integers. Two passes,
 * exact for any amount. `count` is from 1 to the number of elements.
 */
export function kthSmallest(
  arrays: readonly Float32Array[],
  count: number,
): { readonly value: number; readonly below: number } {
  const bitsOf = (array: Float32Array): Uint32Array => new Uint32Array(array.buffer, array.byteOffset, array.length);
  const upper = new Float64Array(halfBits);
  for (const array of arrays) {
    const bits = bitsOf(array);
    for (let i = 0; i < bits.length; i++) upper[bits[i]! >>> 16]!++;
  }
  const high = bucketOf(upper, count);
  const lower = new Float64Array(halfBits);
  for (const array of arrays) {
    const bits = bitsOf(array);
    for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 16 === high.bucket) lower[bits[i]! & 0xffff]!++;
  }
  const low = bucketOf(lower, count - high.below);
  const pattern = Uint32Array.of(high.bucket * halfBits + low.bucket);
  return { value: new Float32Array(pattern.buffer)[0]!, below: high.below + low.below };
}

/** The bucket that holds the `count`-th element, and how many are in those before it. */
function bucketOf(counts: Float64Array, count: number): { bucket: number; below: number } {
  let below = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    if (below + counts[bucket]! >= count) return { bucket, below };
    below += counts[bucket]!;
  }
  throw new RangeError(`There are only ${below} elements, not ${count}.`);
}
