/** What rewriting layers needs, and gives. */
import { type Model } from '../../graph/model';
import { type ActivationStore } from './activations';
import { type QuantizedWeight, type WeightStore } from './weights';

/** What rewriting needs beside the layer. */
export interface Workshop {
  readonly model: Model;
  readonly weights: WeightStore;
  readonly activations: ActivationStore;
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
}

/** What became of the weights of a layer. */
export interface Rewritten {
  readonly weights: readonly QuantizedWeight[];
  /** False when another layer had them quantized already. */
  readonly first: boolean;
}

/** Why a weight stays in float. */
export const notFinite = 'Its weight holds infinities or NaN.';
