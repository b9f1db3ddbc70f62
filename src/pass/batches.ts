/** Work that does not fit into memory all at once. */

/** The items in their order, in batches of at most `limit` bytes by `bytesOf`; one that is larger is a batch of its own. */
export function batchesWithin<T>(limit: number, items: readonly T[], bytesOf: (item: T) => number): T[][] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const own = bytesOf(item);
    if (bytes + own > limit) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)!.push(item);
    bytes += own;
  }
  return batches;
}
