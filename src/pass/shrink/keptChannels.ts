/** Which channels of which values stayed: what reconstruction needs to compare a pruned model with its original. */

/**
 * For each value whose axes shrink the old indices that stay along each axis (undefined: all), by the value's name,
 * which the smaller model keeps: how whoever reconstructs layers finds what belongs together.
 */
export type KeptChannels = ReadonlyMap<string, readonly (Int32Array | undefined)[]>;

/** What stayed after two rounds of pruning, in terms of the model before the first. */
export function composeKept(first: KeptChannels, second: KeptChannels): KeptChannels {
  const both = new Map(first);
  for (const [name, axes] of second) {
    const before = first.get(name);
    both.set(
      name,
      axes.map((kept, axis) => {
        const earlier = before?.[axis];
        return kept && earlier ? kept.map((at) => earlier[at]!) : (kept ?? earlier);
      }),
    );
  }
  return both;
}
