/** Which layers become chains, and which: within the budget, and only where the machine gains from it. */
import { type ValuesOf } from '../../pass/option';
import { allocate } from './allocate';
import { type declaration } from './declaration';
import { type Layer } from './layers';
import { type Stopwatch, type Times } from './measure';
import { type Candidate } from './schemes';

/** A candidate with what it saves of the cost that counts; `loss` is what the allocation adds up. */
export interface Offer {
  readonly candidate: Candidate;
  readonly saving: number;
  readonly loss: number;
}

/** What was decided. */
export interface Choice {
  readonly chosen: ReadonlyMap<Layer, Offer>;
  /** Times of chosen layers, where they were measured. */
  readonly times: ReadonlyMap<Layer, Times>;
  /** Layers that stay since no chain that was tried is faster here: the last one, with its times. */
  readonly slower: ReadonlyMap<Layer, { readonly candidate: Candidate; readonly times: Times }>;
}

/** A chain is taken for faster when it takes less than this share of the time: two nodes also cost their neighbours. */
const fasterThan = 0.95;

/** Rounds of measuring at most: each spends anew what layers that turned out slower were to save. */
const mostRounds = 6;

/**
 * Chooses an offer for each layer so that `needed` is saved. Where a stopwatch is given, chains that are not faster than
 * their layer are taken back, and what they were to save is spent on other ranks and layers.
 */
export async function choose(
  offers: ReadonlyMap<Layer, readonly Offer[]>,
  needed: number,
  options: ValuesOf<(typeof declaration)['options']>,
  stopwatch: Stopwatch | undefined,
): Promise<Choice> {
  const open = new Map(offers);
  const slower = new Map<Layer, { candidate: Candidate; times: Times }>();
  for (let round = 1; ; round++) {
    const chosen = within(open, needed, options);
    const times = new Map<Layer, Times>();
    let rejected = 0;
    for (const [layer, offer] of stopwatch ? [...chosen] : []) {
      const measured = await stopwatch!.times(layer, offer.candidate);
      if (!measured) continue;
      if (measured.afterMs < fasterThan * measured.beforeMs) {
        times.set(layer, measured);
        slower.delete(layer);
        continue;
      }
      rejected++;
      slower.set(layer, { candidate: offer.candidate, times: measured });
      chosen.delete(layer);
      // What does more of the same work is no faster.
      const { scheme } = offer.candidate;
      const rest = open.get(layer)!.filter((other) => other.candidate.scheme !== scheme || other.saving > offer.saving);
      open.set(layer, round === mostRounds ? [] : rest);
    }
    if (rejected === 0 || round === mostRounds) return { chosen, times, slower };
  }
}

function within(
  offers: ReadonlyMap<Layer, readonly Offer[]>,
  needed: number,
  options: ValuesOf<(typeof declaration)['options']>,
): Map<Layer, Offer> {
  const chosen = new Map<Layer, Offer>();
  if (options.rankBy === 'ratio') {
    const choices = allocate([...offers.values()], needed);
    [...offers.keys()].forEach((layer, index) => choices[index] && chosen.set(layer, choices[index]));
    return chosen;
  }
  const limit = options.rankBy === 'energy' ? 1 - options.energy : options.maxError;
  for (const [layer, choices] of offers) {
    const good = choices.filter(({ candidate }) => candidate.loss <= limit);
    if (good.length > 0)
      chosen.set(
        layer,
        good.reduce((best, other) => (other.saving > best.saving ? other : best)),
      );
  }
  return chosen;
}
