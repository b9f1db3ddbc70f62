import assert from 'node:assert/strict';
import { transpose } from './transpose';

describe('numerics/transpose', () => {
  it('turns a matrix', () => {
    assert.deepEqual([...transpose(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])], [1, 4, 2, 5, 3, 6]);
  });

  it('reorders any number of axes', () => {
    const shape = [2, 3, 4, 5];
    const values = Float32Array.from({ length: 120 }, (_, i) => i);
    const perm = [2, 0, 3, 1];
    const out = transpose(values, shape, perm);
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < 2; b++)
        for (let c = 0; c < 5; c++)
          for (let d = 0; d < 3; d++) {
            // out[a, b, c, d] = values[b, d, a, c]
            assert.equal(out[((a * 2 + b) * 5 + c) * 3 + d], values[((b * 3 + d) * 4 + a) * 5 + c]);
          }
  });

  it('leaves scalars, vectors and empty arrays as they are', () => {
    assert.deepEqual([...transpose(Float32Array.of(7), [], [])], [7]);
    assert.deepEqual([...transpose(Float32Array.of(1, 2), [2], [0])], [1, 2]);
    assert.equal(transpose(new Float32Array(0), [0, 3], [1, 0]).length, 0);
  });
});
