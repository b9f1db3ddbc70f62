/** What every kind of data is turned into before it is joined into a DataSource. */
import { type Feeds } from '../runtime/port';

/** Samples for one input or several; reading is lazy, one sample at a time. */
export interface SampleSet {
  /** For reports: "500 images from imagenet/". */
  readonly what: string;
  readonly size: number;
  /** Inputs of the model that each sample feeds. */
  readonly inputs: readonly string[];
  /** Names a sample in errors and for labels: a path relative to the folder, or "x.npy[3]". */
  name(index: number): string;
  read(index: number): Promise<Feeds>;
  /** Classes that came with the samples (a column, an array called "labels"), in their order. */
  readonly labels?: readonly number[];
  /** True for a sample that begins a sequence of its own: the first of a file. */
  begins?(index: number): boolean;
  /** True when the one sample goes with every sample of the other inputs. */
  readonly constant?: boolean;
}
