/** What a pass gets from the outside: no disk, no editor, no transport. */
import { setImmediate } from 'node:timers/promises';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { type InferenceRuntime } from '../runtime/port';
import { type KeptChannels } from './shrink/keptChannels';

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
  /** The model that the whole job started from, before any pass: what `recover` and `correct-bias` aim for. */
  readonly original?: Model;
  /**
   * The last model of the job whose weights were all float, where the one in hand has others: what quantization started
   * from, after whatever prepared it.
   */
  readonly unquantized?: Model;
  /** Which channels of `original` the passes before have left, along the axes of each value that shrank. */
  readonly kept?: KeptChannels;
  readonly signal: AbortSignal;
  /** Tells where the work is; await it now and then, so that a cancel gets through. */
  progress(progress: Progress): void;
  /** A line for the output channel. */
  log(message: string): void;
}

/** Throws `cancelled` when the job was; passes call it wherever much time goes by. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LapidaryError('cancelled', 'Cancelled.');
}

/** Lets messages and signals through, then throws `cancelled` when the job was. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  throwIfCancelled(signal);
}
