/** What the numbers in weights look like: read on demand, since it costs as much as the weights are large. */

/** `weights`: statistics of some tensors. */
export interface WeightsRequest {
  readonly path: string;
  /** Names of the tensors, as reports list them. */
  readonly names: readonly string[];
}

/** Statistics of one tensor. Quantized tensors are described by their codes, as they are stored. */
export interface WeightReport {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly std: number;
  /** Share of elements that are exactly 0. */
  readonly zeros: number;
  /** Share of elements more than six standard deviations from the mean: what wastes the range of a quantizer. */
  readonly outliers: number;
  /** Elements that are NaN or infinite; left out of everything else. */
  readonly nonFinite: number;
  /** Counts of bins of equal width from `min` to `max`. */
  readonly histogram: readonly number[];
}

/** What `weights` gives; tensors without numbers (strings, empty ones) are left out. */
export interface WeightsReport {
  readonly tensors: readonly WeightReport[];
}
