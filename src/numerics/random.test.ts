import assert from 'node:assert/strict';
import { Random } from './random';

describe('Random', () => {
  it('repeats itself for a seed and differs for another', () => {
    const draw = (seed: number): number[] =>
      Array.from({ length: 5 }, () => 0).map(
        (
          (r) => () =>
            r.uint32()
        )(new Random(seed)),
      );
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  it('has the moments it should', () => {
    const values = new Random(7).normals(20000, 3, 2);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    assert.ok(Math.abs(mean - 3) < 0.06, `mean ${mean}`);
    assert.ok(Math.abs(variance - 4) < 0.2, `variance ${variance}`);
    const uniforms = new Random(8).uniforms(20000, -1, 1);
    assert.ok(uniforms.every((x) => x >= -1 && x <= 1));
    assert.ok(Math.abs(uniforms.reduce((sum, x) => sum + x, 0) / 20000) < 0.02);
  });

  it('shuffles without loss', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = new Random(9).shuffle([...items]);
    assert.notDeepEqual(shuffled, items);
    assert.deepEqual(
      shuffled.sort((a, b) => a - b),
      items,
    );
    const random = new Random(10);
    assert.ok(items.every(() => random.integer(3) < 3));
  });
});
