import assert from 'node:assert/strict';
import { sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { type DataSource } from '../../data/source';
import { quantize } from '../../../test/support/quantizeStatic';
import { toNumbers } from '../../numerics/elements';

const samplesOf = (rows: readonly (readonly number[])[]): DataSource =>
  sourceOf(
    rows.map((numbers) => ({
      x: { dataType: 'float', shape: [numbers.length / 2, 2], data: Float32Array.from(numbers) },
    })),
  );

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
