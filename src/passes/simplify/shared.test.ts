import assert from 'node:assert/strict';
import { join } from 'node:path';
import { optimizedOperators } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { simplify } from '../../../test/support/simplify';
import { readModel } from '../../graph/fromOnnx';

/** The most nodes that may be left: what onnxsim 0.7.3 leaves, or fewer where we have got further. */
const ceilings = {
  byte_sb_bidi_lstm: 12,
  cifar_vit_torchscript: 194,
  gtcrn: 391,
  'mnist-8_cntk': 8,
  mnist_cnn_bn: 12,
  mobilenet_v2_qdq_int8: 338,
  ultraface_rfb320: 125,
} as const;

describe('passes/simplify on real models', () => {
  const folder = sharedFolder('simplify on real models', 'models');
  if (!folder) return;

  for (const [name, most] of Object.entries(ceilings)) {
    it(`${name}: at most ${most} nodes, the same outputs, twice is once`, async () => {
      const { model, skipped } = await simplify(readModel(join(folder, `${name}.onnx`)), {
        dims: { batch: 2, length: 5 },
      });
      const nodes = [...model.graph.allNodes()].length;
      assert.ok(nodes <= most, `${nodes} nodes`);
      assert.deepEqual(skipped, []);
    });
  }

  it('what the runtime runs in int8 still runs in int8', async () => {
    const original = readModel(join(folder, 'mobilenet_v2_qdq_int8.onnx'));
    const { model } = await simplify(original);
    const [before, after] = [await optimizedOperators(original), await optimizedOperators(model)];
    for (const opType of [
      'QLinearConv',
      'QLinearAdd',
      'QGemm',
      'QLinearGlobalAveragePool',
      'Conv',
      'DequantizeLinear',
    ]) {
      assert.equal(after[opType], before[opType], opType);
    }
  });
});
