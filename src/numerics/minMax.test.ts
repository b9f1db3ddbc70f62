import assert from 'node:assert/strict';
import { minMax } from './minMax';

describe('numerics/minMax', () => {
  it('takes more values than a call takes arguments', () => {
    const values = Float64Array.from({ length: 500_000 }, (_, index) => index - 100);
    assert.deepEqual(minMax(values), { min: -100, max: 499_899 });
  });

  it('is what Math.min and Math.max are of none, of one, and of NaN', () => {
    for (const values of [[], [4], [1, NaN, 2]]) {
      assert.deepEqual(minMax(values), { min: Math.min(...values), max: Math.max(...values) });
    }
  });
});
