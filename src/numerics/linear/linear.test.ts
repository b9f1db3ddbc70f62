import assert from 'node:assert/strict';
import { matrixOf, multiplyHere, relativeError } from '../../../test/support/matrices';
import { Random } from '../random';
import { cholesky, damped, factorInPlace, orthonormalized, solveRight } from './cholesky';
import { eigenSymmetric, eigenvaluesSymmetric } from './eigen';
import { evbmfRank } from './evbmf';
import { columnsOf, energy, identity, matrix, type Matrix, product, selected, trace, transposed } from './matrix';
import { jacobiSvd, leadingSubspace, operatorOf, type Svd } from './svd';

const random = new Random(5);
const normal = (rows: number, columns: number): Matrix =>
  matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.normal()),
  );

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

const scaledColumns = ({ rows, columns, data }: Matrix, factors: Float64Array): Matrix =>
  matrix(
    rows,
    columns,
    data.map((value, index) => value * factors[index % columns]!),
  );

/** Energy that the leading `values` (eigenvalues) of `gram` leave out: the least ‖A − B‖² for B of that rank. */
const tailEnergy = (gram: Matrix, values: Float64Array, rank: number): number =>
  trace(gram) - values.subarray(0, rank).reduce((sum, value) => sum + value, 0);

const rebuilt = ({ u, values, v }: Svd): Matrix => product(scaledColumns(u, values), v, { transposeB: true });

describe('numerics/linear', () => {
  it('multiplies, transposes and selects', () => {
    const a = matrixOf(2, 3, [1, 2, 3, 4, 5, 6]);
    const b = matrixOf(2, 3, [1, 0, -1, 2, 1, 0]);
    assert.deepEqual([...product(a, b, { transposeB: true }).data], [-2, 4, -2, 13]);
    assert.deepEqual([...product(a, b, { transposeA: true }).data], [9, 4, -1, 12, 5, -2, 15, 6, -3]);
    assert.deepEqual([...transposed(a).data], [1, 4, 2, 5, 3, 6]);
    assert.deepEqual([...selected(a, [1], [2, 0]).data], [6, 4]);
    assert.deepEqual([...columnsOf(a, 1, 3).data], [2, 3, 5, 6]);
    const wide = normal(70, 45);
    assert.equal(relativeError(wide, transposed(transposed(wide))), 0);
    assert.throws(() => product(a, a), /2×3 times 2×3/);
    assert.throws(() => matrix(2, 2, new Float64Array(3)), /takes 4 numbers/);
  });

  it('finds the eigenvalues that are known in closed form', () => {
    // The second difference: 2 − 2·cos(kπ/(n+1)).
    const n = 40;
    const a = matrix(n, n);
    for (let i = 0; i < n; i++) {
      a.data[i * n + i] = 2;
      if (i > 0) a.data[i * n + i - 1] = a.data[(i - 1) * n + i] = -1;
    }
    const { values } = eigenSymmetric(a);
    values.forEach((value, k) => near(value, 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)), 1e-13));
    assert.deepEqual([...eigenSymmetric(matrixOf(2, 2, [2, 1, 1, 2])).values].map(Math.round), [3, 1]);
    assert.deepEqual([...eigenvaluesSymmetric(matrix(3, 3))], [0, 0, 0]);
  });

  it('decomposes symmetric matrices of any definiteness', () => {
    for (const n of [1, 2, 3, 17, 90]) {
      const b = normal(n, n);
      const a = matrix(
        n,
        n,
        b.data.map((value, i) => value + transposed(b).data[i]!),
      );
      const { values, vectors } = eigenSymmetric(a);
      const back = product(scaledColumns(vectors, values), vectors, { transposeB: true });
      assert.ok(relativeError(a, back) < 1e-25);
      assert.ok(relativeError(identity(n), product(vectors, vectors, { transposeA: true })) < 1e-25);
      near(
        values.reduce((sum, value) => sum + value, 0),
        trace(a),
        1e-10,
      );
      assert.deepEqual(
        [...values].sort((x, y) => y - x),
        [...values],
      );
      eigenvaluesSymmetric(a).forEach((value, i) => near(value, values[i]!, 1e-11 * n));
    }
    assert.throws(() => eigenSymmetric(matrixOf(2, 2, [NaN, 1, 1, 2])), /NaN/);
  });

  it('decomposes matrices whose squares vanish, and blocks wider than the rank', async () => {
    const tiny = matrixOf(3, 3, [2, 0, 0, 0, 1, 0, 0, 0, 1]);
    // 1e-160 has no square in float64.
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      tiny.data[i * 3 + j] = tiny.data[j * 3 + i] = 1e-160;
    }
    assert.deepEqual([...eigenSymmetric(tiny).values], [2, 1, 1]);
    const thin = normal(160, 5);
    const a = product(thin, thin, { transposeB: true });
    const options = { multiply: multiplyHere, iterations: 12 };
    const { values, basis } = await leadingSubspace(operatorOf(a, multiplyHere), 30, options);
    assert.ok(values.every(Number.isFinite) && basis.data.every(Number.isFinite));
    assert.ok(relativeError(a, product(basis, product(basis, a, { transposeA: true }))) < 1e-20);
  });

  it('takes singular values apart to the last digits, graded ones too', () => {
    for (const [m, n] of [
      [30, 12],
      [12, 30],
      [1, 5],
      [8, 8],
    ] as const) {
      const a = normal(m, n);
      const svd = jacobiSvd(a);
      assert.ok(relativeError(a, rebuilt(svd)) < 1e-27);
      assert.ok(relativeError(identity(Math.min(m, n)), product(svd.u, svd.u, { transposeA: true })) < 1e-27);
    }
    // 1, 1e-5, 1e-10, 1e-15 behind random rotations of the columns: a Gram matrix would lose the last two.
    const left = jacobiSvd(normal(20, 4)).u;
    const graded = scaledColumns(left, Float64Array.of(1, 1e-5, 1e-10, 1e-15));
    jacobiSvd(graded).values.forEach((value, i) => near(value / 10 ** (-5 * i), 1, 1e-12));
    const zero = jacobiSvd(matrix(4, 3));
    assert.deepEqual([...zero.values], [0, 0, 0]);
  });

  it('finds the leading subspace within 1e-5 of the optimal error, also of a flat spectrum', async () => {
    const a = normal(220, 240);
    const gram = product(a, a, { transposeB: true });
    const all = eigenvaluesSymmetric(gram);
    const { values, basis } = await leadingSubspace(operatorOf(gram, multiplyHere), 40, { multiply: multiplyHere });
    const optimal = tailEnergy(gram, all, 40);
    assert.ok(tailEnergy(gram, values, 40) / optimal - 1 < 1e-5);
    // The energy that is left out is what the projection loses.
    const projected = product(basis, product(basis, a, { transposeA: true }));
    near(relativeError(a, projected) * energy(a), tailEnergy(gram, values, 40), 1e-6 * optimal);
    // As many as there are: exact.
    const whole = await leadingSubspace(operatorOf(gram, multiplyHere), 220, { multiply: multiplyHere });
    whole.values.forEach((value, i) => near(value, all[i]!, 1e-9));
  });

  it('factors positive matrices by halves, and clamps the pivots of singular ones', async () => {
    const a = normal(230, 300);
    const gram = product(a, a, { transposeB: true });
    const { factor, inverse, clamped } = await cholesky(gram, multiplyHere);
    assert.equal(clamped, 0);
    assert.ok(relativeError(gram, product(factor, factor, { transposeB: true })) < 1e-27);
    assert.ok(relativeError(identity(230), product(factor, inverse)) < 1e-24);
    const low = normal(30, 4);
    const singular = await cholesky(product(low, low, { transposeB: true }), multiplyHere);
    assert.ok(singular.clamped >= 25);
    assert.ok(singular.inverse.data.every(Number.isFinite));
    assert.equal((await cholesky(matrix(3, 3), multiplyHere)).clamped, 3);
  });

  it('factors in place, over several steps and strips, and leaves the upper triangle alone', async () => {
    const a = normal(420, 500);
    const gram = product(a, a, { transposeB: true });
    const { factor } = await cholesky(gram, multiplyHere);
    const inPlace = matrix(420, 420, gram.data.slice());
    for (let i = 0; i < 420; i++) inPlace.data.fill(NaN, i * 420 + i + 1, (i + 1) * 420);
    await factorInPlace(inPlace, multiplyHere);
    for (let i = 0; i < 420; i++) {
      const upper = inPlace.data.subarray(i * 420 + i + 1, (i + 1) * 420);
      assert.ok(upper.every(Number.isNaN), `row ${i}`);
      upper.fill(0);
    }
    assert.ok(relativeError(factor, inPlace) < 1e-24);
  });

  it('solves least squares from Gram matrices, and orthonormalizes', async () => {
    const x = normal(50, 400);
    const truth = normal(7, 50);
    const gram = product(x, x, { transposeB: true });
    const cross = product(product(truth, x), x, { transposeB: true });
    assert.ok(relativeError(truth, await solveRight(cross, gram, multiplyHere)) < 1e-24);
    assert.ok(relativeError(truth, await solveRight(cross, damped(gram, 1e-2), multiplyHere)) < 1e-3);
    const q = await orthonormalized(normal(200, 110), multiplyHere);
    assert.ok(relativeError(identity(110), product(q, q, { transposeA: true })) < 1e-27);
  });

  it('counts the singular values that stand out of noise', () => {
    const spectrum = (signal: number, noise: number): Float64Array => {
      const low = product(normal(60, signal), normal(signal, 150));
      const noisy = matrix(
        60,
        150,
        low.data.map((value) => value + noise * random.normal()),
      );
      return eigenvaluesSymmetric(product(noisy, noisy, { transposeB: true })).map(Math.sqrt);
    };
    assert.equal(evbmfRank(spectrum(9, 0.4), 60, 150), 9);
    assert.equal(evbmfRank(spectrum(9, 0.4), 150, 60), 9);
    assert.equal(evbmfRank(spectrum(3, 0.05), 60, 150), 3);
    assert.equal(evbmfRank(jacobiSvd(normal(40, 60)).values, 40, 60), 0);
    assert.equal(evbmfRank(new Float64Array(5), 5, 9), 0);
  });
});
