/** What a pass gives back. */
import { type Model } from '../graph/model';
import { type ChangedLayer, type SkippedLayer } from '../protocol/report';
import { type KeptChannels } from './shrink/keptChannels';

/** The new model and an account of it, layer by layer. When `changed` is empty, nothing was worth doing. */
export interface PassResult {
  readonly model: Model;
  readonly changed: readonly ChangedLayer[];
  readonly skipped: readonly SkippedLayer[];
  /** What a person should know about the result as a whole (such as "float16 saves disk, not CPU time"). */
  readonly notes: readonly string[];
  /** Of a pass that takes channels out: which ones stayed along the axes of each value that shrank. */
  readonly kept?: KeptChannels;
}
