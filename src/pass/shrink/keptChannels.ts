/** Which channels of which values stayed: what reconstruction needs to compare a pruned model with its original. */

/**
 * For each value whose axes shrink the old indices that stay along each axis (undefined: all), by the value's name,
 * which the smaller model keeps: how whoever reconstructs layers finds what belongs together.
 */
export type KeptChannels = ReadonlyMap<string, readonly (Int32Array | undefined)[]>;
