/** What passes took out of layers, in words. Pure. */
import { type ChangedLayer, type Removal } from '../protocol/report';
import { formatCount } from './format';
import { englishWords, fill, type ReportWords } from './words';

const wordOf = {
  outputs: 'removedOutputs',
  inputs: 'removedInputs',
  heads: 'removedHeads',
  units: 'removedUnits',
  ranks: 'removedRanks',
  nodes: 'removedNodes',
  weights: 'removedWeights',
} as const satisfies Record<Removal['unit'], keyof ReportWords>;

/**
 * What several passes, one after the other, took out of one layer: from what the first found to what the last left.
 * A pass that says two things of one unit (the two ranks of a Tucker decomposition) keeps both, unless another one
 * goes on with them.
 */
export function removalsOf(changes: readonly ChangedLayer[]): Removal[] {
  // By unit, in the order in which they were first said.
  const all = new Map<Removal['unit'], readonly Removal[]>();
  for (const { removed = [] } of changes) {
    for (const unit of new Set(removed.map((each) => each.unit))) {
      const [first] = all.get(unit) ?? [];
      const own = removed.filter((each) => each.unit === unit);
      all.set(unit, first ? own.map((each) => ({ ...each, before: first.before })) : own);
    }
  }
  return [...all.values()].flat();
}

/** "32 → 24 channels, 64 → 16 inputs". */
export function removalText(removals: readonly Removal[], words: ReportWords = englishWords): string {
  const texts = removals.map(({ unit, before, after }) =>
    fill(words[wordOf[unit]], formatCount(before), formatCount(after)),
  );
  return texts.join(', ');
}
