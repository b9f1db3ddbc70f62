import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inMemory, noise } from '../../test/support/feeds';
import { build } from '../../test/support/models';
import { writeModel } from '../graph/toOnnx';
import { dimsWithData, storedModel, totalsAsWritten } from './modelFile';

describe('jobs/modelFile', () => {
  const model = build({ inputs: { x: ['float', ['batch', 3, 'height', 'width']] } })
    .relu('x', 'y')
    .output('y')
    .model();
  const data = inMemory([{ name: 'one', feeds: { x: noise([1, 3, 32, 48]) } }]);

  it('takes dimensions from the first sample where nobody names them', async () => {
    assert.deepEqual(await dimsWithData(model, {}, data), { batch: 1, height: 32, width: 48 });
    assert.deepEqual(await dimsWithData(model, { dims: { width: 96 } }, data), { batch: 1, height: 32, width: 96 });
  });

  it('does not trust random samples', async () => {
    assert.deepEqual(await dimsWithData(model, { dims: { width: 96 } }, { ...data, random: true }), { width: 96 });
  });

  it('tells of a written model what reading it would, also with its weights beside it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-totals-'));
    const made = build({ inputs: { x: ['float', ['batch', 64]] } })
      .gemm('x', 'y', [64, 32])
      .output('y')
      .model();
    const bindings = { dims: { batch: 3, unknown: 7 } };
    try {
      for (const externalData of [false, true]) {
        const file = path.join(folder, `${externalData}.onnx`);
        const { bytes } = await writeModel(made, file, { externalData });
        const { totals } = storedModel(file, bindings, { lenient: true });
        assert.deepEqual(totalsAsWritten(made, bytes, bindings), totals);
        assert.equal(totals.macs, 3 * 64 * 32);
        assert.ok(totals.fileBytes > 4 * 64 * 32);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
