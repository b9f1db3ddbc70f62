/** Scaling channels is lossless up to rounding: what is not is left out. */
import { type Model } from '../../graph/model';
import { LapidaryError } from '../../protocol/errors';
import { type PassContext } from '../context';
import { Judge } from '../sameness/judge';
import { type Bounds, keepExact, type Kept, type Try, unbounded } from '../sameness/keepExact';

/** Agreement (dB) with the original that float32 rounding alone stays above. */
const exact = 100;
/** Edits that may turn out inexact before the model is given up. */
const mostCulprits = 16;

/** What was kept, with one sentence on how it was checked. */
export interface KeptScaling<T> extends Kept<T> {
  readonly note: string;
}

/**
 * Makes tries until one computes what `baseOf` gives for it, up to rounding. Throws `unsupported` when a model stays
 * different.
 */
export async function keepExactScaling<T extends Try>(
  attempt: (bounds: Bounds) => T,
  baseOf: (first: T) => Model,
  context: PassContext,
): Promise<KeptScaling<T>> {
  const first = attempt(unbounded);
  if (first.edits.length === 0) return { outcome: first, undone: new Map(), note: 'Nothing was changed.' };
  const judge = await Judge.of(baseOf(first), context, exact);
  const { signal } = context;
  const kept = await keepExact(first, attempt, { judge, signal, mostCulprits, giveUp });
  return { ...kept, note: noteOf(judge) };
}

function giveUp(verdict: string): LapidaryError {
  const hint = 'Please report this model: scaling its channels is wrong for it.';
  return new LapidaryError('unsupported', `Scaling channels changed the outputs (${verdict}).`, { hint });
}

function noteOf({ reason, settledFor }: Judge): string {
  if (reason) return `The outputs were not compared: ${reason.replace(/\.$/, '')}.`;
  if (settledFor === undefined) return 'Outputs were compared on random inputs and agree.';
  return `Outputs were compared on random inputs and agree to ${settledFor.toFixed(0)} dB, as far as rounding lets them.`;
}
