/** Plain data of a sensitivity analysis: which layers lose how much in 8 bits. */

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

/** `sensitivity`. */
export interface SensitivityReport {
  readonly path: string;
  /** Layers in the order of the graph. */
  readonly layers: readonly LayerSensitivity[];
  /** SQNR of the outputs with every layer quantized; null: nothing is lost. */
  readonly allDb: number | null;
  /** Samples that the losses were measured on, and that ranges were learnt from. */
  readonly samples: number;
  readonly calibrationSamples: number;
  /** "64 images from …". */
  readonly data: string;
  /** True when the inputs were made up: the order of the layers is a hint then, no more. */
  readonly random: boolean;
  readonly notes: readonly string[];
  readonly seconds: number;
}
