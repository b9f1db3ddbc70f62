import assert from 'node:assert/strict';
import { type ChangedLayer, type Removal } from '../protocol/report';
import { removalsOf, removalText } from './removed';

const change = (...removed: Removal[]): ChangedLayer => ({ node: 'n', opType: 'Conv', what: '', removed });

describe('report/removed', () => {
  it('says in words what is left of what', () => {
    const removals: Removal[] = [
      { unit: 'outputs', before: 32, after: 24 },
      { unit: 'inputs', before: 64, after: 16 },
      { unit: 'weights', before: 9216, after: 4608 },
    ];
    assert.equal(removalText(removals), '32 → 24 channels, 64 → 16 inputs, 9.22 k → 4.61 k nonzero weights');
    assert.equal(removalText([{ unit: 'ranks', before: 192, after: 80 }]), 'rank 192 → 80');
    assert.equal(removalText([]), '');
  });

  it('adds up steps: from what the first found to what the last left', () => {
    const steps = [
      change({ unit: 'outputs', before: 32, after: 24 }, { unit: 'inputs', before: 8, after: 6 }),
      change({ unit: 'outputs', before: 24, after: 12 }),
      { node: 'n', opType: 'Conv', what: 'float32 → int8' },
    ];
    assert.equal(removalText(removalsOf(steps)), '32 → 12 channels, 8 → 6 inputs');
  });

  it('keeps both ranks of a decomposition', () => {
    const tucker = change({ unit: 'ranks', before: 64, after: 16 }, { unit: 'ranks', before: 32, after: 8 });
    assert.equal(removalText(removalsOf([tucker])), 'rank 64 → 16, rank 32 → 8');
  });
});
