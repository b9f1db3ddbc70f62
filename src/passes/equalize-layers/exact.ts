/** Lossless edits are checked: outputs are compared with the original, and what is not exact is found and left out. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { Judge } from '../simplify/verify';

/** Agreement (dB) with the original that float32 rounding alone stays above. */
const exact = 100;
/** Edits that may turn out inexact before the model is given up. */
const mostCulprits = 16;

/** Which edits a try may make: none that is blocked, and no more than `limit`. */
export interface Bounds {
  readonly blocked: ReadonlySet<string>;
  readonly limit: number;
}

/** What a try made: edits by their keys, the same in every try. */
export interface Try {
  readonly model: Model;
  readonly edits: readonly string[];
}

/** The try that is exact. */
export interface Kept<T> {
  readonly outcome: T;
  /** Keys of edits that were left out, with how the outputs differed. */
  readonly undone: ReadonlyMap<string, string>;
  /** One sentence on how this was checked. */
  readonly note: string;
}

/**
 * Makes tries until one computes what `baseOf` gives for it, up to rounding; the first edit that changes the outputs is
 * found by bisection and blocked. Throws `unsupported` when a model stays different.
 */
export async function keepExact<T extends Try>(
  attempt: (bounds: Bounds) => T | Promise<T>,
  baseOf: (outcome: T) => Model,
  context: PassContext,
): Promise<Kept<T>> {
  const blocked = new Set<string>();
  const undone = new Map<string, string>();
  let outcome = await attempt({ blocked, limit: Infinity });
  if (outcome.edits.length === 0) return { outcome, undone, note: 'Nothing was changed.' };
  const judge = await Judge.of(baseOf(outcome), context, exact);
  const verdictOn = async ({ model }: Try): Promise<string | undefined> => {
    const verdict = await judge.compare(model);
    return verdict === 'equal' || verdict === 'unknown' ? undefined : verdict;
  };
  for (;;) {
    const verdict = await verdictOn(outcome);
    if (verdict === undefined) return { outcome, undone, note: noteOf(judge) };
    let [good, bad] = [0, outcome.edits.length];
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if ((await verdictOn(await attempt({ blocked, limit: middle }))) === undefined) good = middle;
      else bad = middle;
    }
    const culprit = outcome.edits[good];
    if (culprit === undefined || blocked.size >= mostCulprits) {
      const hint = 'Please report this model: scaling its channels is wrong for it.';
      throw new LapidaryError('unsupported', `Scaling channels changed the outputs (${verdict}).`, { hint });
    }
    blocked.add(culprit);
    undone.set(culprit, verdict);
    outcome = await attempt({ blocked, limit: Infinity });
  }
}

function noteOf({ reason, settledFor }: Judge): string {
  if (reason) return `The outputs were not compared: ${reason.replace(/\.$/, '')}.`;
  if (settledFor === undefined) return 'Outputs were compared on random inputs and agree.';
  return `Outputs were compared on random inputs and agree to ${settledFor.toFixed(0)} dB, as far as rounding lets them.`;
}
