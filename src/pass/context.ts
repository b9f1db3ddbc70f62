/** What a pass gets from the outside: no disk, no editor, no transport. */
import { type DataSource } from '../data/source';
import { type InferenceRuntime } from '../runtime/port';

/** Where a long piece of work is. */
export interface Progress {
  /** 0 to 1 within this pass. */
  readonly fraction: number;
  /** What is being done, such as "Calibrating, image 12 of 64". */
  readonly message: string;
  /** Label of the node in hand. */
  readonly node?: string;
}

/** Services for a pass; a pass that declares `needs` can rely on what is required. */
export interface PassContext {
  readonly runtime?: InferenceRuntime;
  readonly data?: DataSource;
  /** Values that the person gave to dynamic dimensions, by symbol: what the model will mostly be run with. */
  readonly dims?: Readonly<Record<string, number>>;
  readonly signal: AbortSignal;
  /** Tells where the work is; await it now and then, so that a cancel gets through. */
  progress(progress: Progress): void;
  /** A line for the output channel. */
  log(message: string): void;
}
