/** Lossless edits are checked: outputs are compared with the original, and what is not exact is found and left out. */
import { type Model } from '../../graph/model';
import { type LapidaryError } from '../../protocol/errors';
import { breathe } from '../context';
import { type Judge } from './judge';

/** Which edits a try may make: none that is blocked, and no more than `limit`. */
export interface Bounds {
  readonly blocked: ReadonlySet<string>;
  readonly limit: number;
}

/** The bounds of the first try: there are none. */
export const unbounded: Bounds = { blocked: new Set(), limit: Infinity };

/** What a try made: edits by their keys, the same in every try. */
export interface Try {
  readonly model: Model;
  readonly edits: readonly string[];
}

/** How tries are judged, and when to stop. */
export interface Exactness {
  readonly judge: Pick<Judge, 'differenceOf'>;
  readonly signal: AbortSignal;
  /** Edits that may turn out inexact before the model is given up. */
  readonly mostCulprits: number;
  /** The error for a model that stays different. */
  readonly giveUp: (verdict: string) => LapidaryError;
}

/** The try that is exact, and the keys of the edits that were left out, with how the outputs differed. */
export interface Kept<T> {
  readonly outcome: T;
  readonly undone: ReadonlyMap<string, string>;
}

/**
 * Makes tries, after the first one that is at hand, until one computes what the judge's original does, up to rounding.
 * The first edit that changes the outputs is found by bisection and blocked. Throws what `giveUp` makes when a model
 * stays different.
 */
export async function keepExact<T extends Try>(
  first: T,
  attempt: (bounds: Bounds) => T | Promise<T>,
  { judge, signal, mostCulprits, giveUp }: Exactness,
): Promise<Kept<T>> {
  const undone = new Map<string, string>();
  const differenceOf = async ({ model }: Try): Promise<string | undefined> => {
    await breathe(signal);
    return judge.differenceOf(model);
  };
  for (let outcome = first; ;) {
    const difference = await differenceOf(outcome);
    if (difference === undefined) return { outcome, undone };
    const blocked = new Set(undone.keys());
    let [good, bad] = [0, outcome.edits.length];
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if ((await differenceOf(await attempt({ blocked, limit: middle }))) === undefined) good = middle;
      else bad = middle;
    }
    const culprit = outcome.edits[good];
    if (culprit === undefined || undone.size >= mostCulprits) throw giveUp(difference);
    undone.set(culprit, difference);
    outcome = await attempt({ blocked: new Set(undone.keys()), limit: Infinity });
  }
}
