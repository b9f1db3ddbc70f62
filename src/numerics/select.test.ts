import assert from 'node:assert/strict';
import { Random } from './random';
import { kthSmallest } from './select';

describe('numerics/select', () => {
  it('finds what sorting finds, over several arrays, with ties, zeros and tiny numbers', () => {
    const random = new Random(4);
    const arrays = [
      random.normals(1000).map(Math.abs),
      random.normals(333).map((value) => Math.abs(Math.round(value))),
      Float32Array.of(0, 0, 1e-40, 3e38, 1),
    ];
    const sorted = Float32Array.from(arrays.flatMap((array) => [...array])).sort();
    for (const count of [1, 2, 3, 200, 669, 1337, 1338]) {
      const { value, below } = kthSmallest(arrays, count);
      assert.equal(value, sorted[count - 1]);
      assert.equal(below, sorted.indexOf(value));
    }
    assert.throws(() => kthSmallest(arrays, 1339), /only 1338/);
  });
});
