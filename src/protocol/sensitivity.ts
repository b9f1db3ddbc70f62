/** Plain data of a sensitivity analysis: what the outputs lose when one part of a model alone is compressed. */

/** What is tried on each part: its layers in 8 bits or of low rank, or its groups of channels pruned. */
export type SensitivityOf = SensitivityReport['of'];

/** What every analysis says. */
interface Analysis {
  readonly path: string;
  /** Samples that the losses were measured on. */
  readonly samples: number;
  /** "64 images from …". */
  readonly data: string;
  /** True when the inputs were made up: the order is a hint then, no more. */
  readonly random: boolean;
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** `sensitivity`, told apart by `of`. */
export type SensitivityReport = QuantizationSensitivity | CurveSensitivity;

/** What one layer loses. Decibels: null means that nothing is lost; absent, that it was not measured. */
export interface LayerSensitivity {
  /** Label of the node. */
  readonly node: string;
  readonly opType: string;
  /** 1 for the layer that costs the most on its own. */
  readonly rank: number;
  /** SQNR of its weights alone. */
  readonly weightDb?: number | null;
  /** SQNR of the model's outputs (the least of them) with this layer alone quantized, weights and activations. */
  readonly aloneDb: number | null;
  /** SQNR at the output of the layer in the model with every layer quantized: what has come together up to there. */
  readonly cumulativeDb?: number | null;
  /** Bytes of its float weights. */
  readonly weightBytes: number;
}

/** `sensitivity --of int8`: each layer alone in 8 bits. */
export interface QuantizationSensitivity extends Analysis {
  readonly of: 'int8';
  /** Layers in the order of the graph. */
  readonly layers: readonly LayerSensitivity[];
  /** SQNR of the outputs with every layer quantized; null: nothing is lost. */
  readonly allDb: number | null;
  /** Samples that ranges were learnt from. */
  readonly calibrationSamples: number;
}

/**
 * `sensitivity --of prune`: each group of channels alone pruned, by more and more; `--of factorize`: each layer alone
 * brought to a lower and lower rank.
 */
export interface CurveSensitivity extends Analysis {
  readonly of: 'prune' | 'factorize';
  /** Which channels of a group leave first: a criterion of prune-channels. Ranks: svd. */
  readonly criterion: string;
  /** Shares of a group that were asked for; a narrow group is tried at the nearest numbers of channels. */
  readonly ratios: readonly number[];
  /** Groups, or layers, in the order of the graph. */
  readonly curves: readonly SensitivityCurve[];
  /** Groups that may shrink but were not measured, and why. */
  readonly leftOut: readonly { readonly nodes: readonly string[]; readonly reason: string }[];
  /** Top-1 of the whole model on the samples, as a share; only where they have labels. */
  readonly accuracy?: number;
}

/** How the error grows with the share of a group that is pruned. */
export interface SensitivityCurve {
  /** Number of the group, as `inspect --groups` counts; of a layer its position among those measured. */
  readonly group: number;
  /** Labels of the nodes that make its channels, and of those that read them. */
  readonly nodes: readonly string[];
  readonly readers: readonly string[];
  /** How many there are; of a layer its full rank. */
  readonly channels: number;
  /** 1 for the group that costs the most: by the mean of its decibels, each at most 100. */
  readonly rank: number;
  /** Ascending in what is removed. */
  readonly points: readonly CurvePoint[];
}

/** One degree of pruning, or of factorizing. */
export interface CurvePoint {
  /** Channels that are gone, and their share of the group; of a layer the ranks, and the share of its arithmetic. */
  readonly removed: number;
  readonly share: number;
  /** SQNR of the model's outputs (the least of them; scores in place of a final softmax), dB; null: nothing is lost. */
  readonly db: number | null;
  /** Share of the model's multiply-accumulates that is saved. */
  readonly saved: number;
  /** Top-1 of what is left, as a share; only where the samples have labels. */
  readonly accuracy?: number;
}
