import assert from 'node:assert/strict';
import { Random } from '../numerics/random';
import { loadOrt } from '../runtime/ort';
import { gramProducts } from './grams';
import { LayerInputs } from './layerInputs';

const values = (rows: number, width: number): Float32Array => new Random(rows).normals(rows * width);

/** Σ x_i·x_j over rows of `stride` numbers, of which those from `from` on are meant. */
function moment(pieces: readonly Float32Array[], i: number, j: number, stride: number, from = 0): number {
  let sum = 0;
  for (const rows of pieces) {
    for (let at = from; at < rows.length; at += stride) sum += rows[at + i]! * rows[at + j]!;
  }
  return sum;
}

describe('pass/layerInputs', () => {
  let products: Awaited<ReturnType<typeof gramProducts>>;
  before(async () => (products = await gramProducts(await loadOrt())));
  after(() => products.close());

  it('keeps few rows as they are', async () => {
    const inputs = new LayerInputs(80, 1, products.gram);
    const pieces = [values(7, 80), values(33, 80)];
    for (const piece of pieces) await inputs.add(piece);
    const taken = await inputs.take();
    const data = Float32Array.from(pieces.flatMap((piece) => [...piece]));
    assert.deepEqual(taken, [{ kind: 'rows', rows: { count: 40, data } }]);
    assert.equal(await inputs.take(), undefined, 'it is empty then');
  });

  it('sums up what more rows tell, block by block', async () => {
    for (const counts of [[41], [200, 100, 300, 20]]) {
      const inputs = new LayerInputs(80, 1, products.gram);
      const pieces = counts.map((count) => values(count, 80));
      for (const piece of pieces) await inputs.add(piece);
      const [seen] = (await inputs.take())!;
      assert.ok(seen?.kind === 'moments' && seen.moments.rows === 80);
      for (const [i, j] of [
        [0, 0],
        [79, 3],
        [50, 49],
      ] as const) {
        const found = seen.moments.data[i * 80 + j]!;
        assert.ok(Math.abs(found - moment(pieces, i, j, 80)) < 1e-3, `${found} of ${counts.join()} rows`);
      }
    }
  });

  it('sums up each group for itself', async () => {
    const inputs = new LayerInputs(9, 4, products.gram);
    const pieces = [values(30, 36), values(50, 36)];
    for (const piece of pieces) await inputs.add(piece);
    const groups = (await inputs.take())!;
    assert.equal(groups.length, 4);
    for (const [group, seen] of groups.entries()) {
      assert.ok(seen.kind === 'moments');
      const found = seen.moments.data[8 * 9 + 2]!;
      assert.ok(Math.abs(found - moment(pieces, 8, 2, 36, 9 * group)) < 1e-3);
    }
  });

  it('says when nothing was seen', async () => {
    for (const groups of [1, 3]) assert.equal(await new LayerInputs(64, groups, products.gram).take(), undefined);
  });
});
