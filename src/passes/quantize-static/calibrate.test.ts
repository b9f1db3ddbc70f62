import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { type DataSource, type Sample } from '../../data/source';
import { quantize } from '../../../test/support/quantizeStatic';
import { toNumbers } from '../../numerics/elements';

function samplesOf(rows: readonly (readonly number[])[]): DataSource {
  const samples = rows.map((row, index): Sample => {
    const data = Float32Array.from(row);
    return { name: `${index}`, feeds: { x: { dataType: 'float', shape: [row.length / 2, 2], data } } };
  });
  return {
    description: `${rows.length} rows`,
    random: false,
    labelled: false,
    size: rows.length,
    async *samples(start = 0, count = rows.length) {
      for (const sample of samples.slice(start, start + count)) yield await Promise.resolve(sample);
    },
  };
}

/** The range that the input of a layer got, by the extremes that the runtime finds. */
async function inputRange(rows: readonly (readonly number[])[]): Promise<{ range: number; notes: string }> {
  const builder = build({ inputs: { x: ['float', ['N', 2]] } })
    .initializer('w', 'float', [2, 2], [1, 2, 3, 4])
    .node('Gemm', ['x', 'w'], 'y')
    .output('y');
  const { model, notes } = await quantize(builder.model(), { method: 'minmax' }, { data: samplesOf(rows) });
  const scale = model.graph.initializers.get('x_scale')!.constant!;
  return { range: toNumbers(scale.dataType, scale.bytes(), 1)[0]! * 255, notes: (notes ?? []).join('\n') };
}

describe('passes/quantize-static: extremes', () => {
  it('come from the runtime, over all samples', async () => {
    const { range } = await inputRange([
      [1, -1],
      [3, 0, 0.5, -2],
      [0, 0],
    ]);
    assert.ok(Math.abs(range - 5) < 1e-4, `${range}`);
  });

  it('pass over what is not finite, wherever it is, and say so', async () => {
    for (const odd of [NaN, Infinity, -Infinity]) {
      const { range, notes } = await inputRange([
        [1, -1],
        [3, odd, 0.5, -2],
        [0, 0],
      ]);
      assert.ok(Math.abs(range - 5) < 1e-4, `${odd}: ${range}`);
      assert.match(notes, /passed over in: x/);
    }
  });
});
