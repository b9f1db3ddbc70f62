import assert from 'node:assert/strict';
import { multiplyHere } from '../../../test/support/matrices';
import { Random } from '../random';
import { roundCompensated } from './compensate';
import { roundCompensatedOnRows } from './compensateRows';
import { identity, matrix, type Matrix, product, transposed } from './matrix';
import { type RowGrid } from './panels';

const random = new Random(9);
const normal = (rows: number, columns: number): Matrix =>
  matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.normal()),
  );

/** Rows that share a few causes, as channels of a network do. */
function correlated(rows: number, columns: number): Matrix {
  const causes = product(normal(rows, 4), normal(4, columns));
  return matrix(
    rows,
    columns,
    causes.data.map((value) => Math.max(0, value + 0.3 * random.normal())),
  );
}

const gridOf = ({ rows, columns, data }: Matrix, qmax: number): RowGrid => {
  const scales = Array.from({ length: rows }, (_, row) =>
    data.subarray(row * columns, (row + 1) * columns).reduce((most, each) => Math.max(most, Math.abs(each) / qmax), 0),
  );
  return { scales, qmin: -qmax, qmax };
};

const nearest = ({ rows, columns, data }: Matrix, { scales }: RowGrid): Matrix =>
  matrix(
    rows,
    columns,
    data.map((value, index) => {
      const scale = scales[Math.floor(index / columns)]!;
      return Math.round(value / scale) * scale;
    }),
  );

/** Σ (W·x − Ŵ·x)² over the rows x of `inputs`. */
function outputError(weights: Matrix, rounded: Matrix, inputs: Matrix): number {
  const lost = matrix(
    weights.rows,
    weights.columns,
    weights.data.map((value, index) => value - rounded.data[index]!),
  );
  return product(inputs, lost, { transposeB: true }).data.reduce((sum, each) => sum + each * each, 0);
}

const gramOf = (inputs: Matrix): Matrix => product(transposed(inputs), inputs);

describe('numerics/linear/compensate', () => {
  it('quarters the squared error of the outputs, on inputs that it has not seen too, over several panels', async () => {
    const [weights, all] = [normal(12, 150), correlated(800, 150)];
    const [seen, others] = [0, 1].map((half) => matrix(400, 150, all.data.slice(half * 60_000, (half + 1) * 60_000)));
    for (const qmax of [127, 7]) {
      const grid = gridOf(weights, qmax);
      const rounded = await roundCompensated(weights, gramOf(seen!), grid, multiplyHere);
      for (const inputs of [seen!, others!]) {
        const ratio = outputError(weights, rounded, inputs) / outputError(weights, nearest(weights, grid), inputs);
        assert.ok(ratio < 0.25, `${ratio} of the squared error with codes up to ${qmax}`);
      }
    }
  });

  it('gives whole multiples of the scale of each row, within the codes that there are', async () => {
    const [weights, seen] = [normal(5, 70), correlated(300, 70)];
    const grid = gridOf(weights, 7);
    const { data } = await roundCompensated(weights, gramOf(seen), { ...grid, qmin: -4, qmax: 3 }, multiplyHere);
    data.forEach((value, index) => {
      const code = value / grid.scales[Math.floor(index / 70)]!;
      assert.ok(Math.abs(code - Math.round(code)) < 1e-9 && code > -4.01 && code < 3.01, `${code}`);
    });
  });

  it('rounds to the nearest where inputs have nothing to do with each other, or are always 0', async () => {
    const weights = normal(3, 20);
    const grid = gridOf(weights, 127);
    for (const gram of [identity(20), matrix(20, 20)]) {
      assert.deepEqual(await roundCompensated(weights, gram, grid, multiplyHere), nearest(weights, grid));
    }
  });

  it('gives the same from rows as from their moments', async () => {
    const [weights, seen] = [normal(4, 150), correlated(40, 150)];
    seen.data.forEach((value, index) => (seen.data[index] = Math.fround(value)));
    const rows = { count: 40, data: Float32Array.from(seen.data) };
    for (const qmax of [127, 7]) {
      const grid = gridOf(weights, qmax);
      const expected = await roundCompensated(weights, gramOf(seen), grid, multiplyHere);
      assert.deepEqual(await roundCompensatedOnRows(weights, rows, grid, multiplyHere), expected);
      assert.notDeepEqual(expected, nearest(weights, grid));
    }
  });

  it('rounds to the nearest where rows are all 0', async () => {
    const weights = normal(3, 20);
    const rows = { count: 5, data: new Float32Array(100) };
    const grid = gridOf(weights, 127);
    const { data } = await roundCompensatedOnRows(weights, rows, grid, multiplyHere);
    nearest(weights, grid).data.forEach((value, index) => assert.equal(data[index]! - value, 0));
  });
});
