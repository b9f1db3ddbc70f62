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

  // What the runtime fuses, and runs in int8, is what makes models fast: none of it may be lost.
  const fused = /^(QLinear|QGemm|Attention|SkipLayer|LayerNorm|BiasGelu|Gelu|FusedConv|MatMulNBits|DynamicQuantize)/;
  for (const name of ['bert_toy', 'mobilenet_v2_qdq_int8', 'tiny_random_gpt2_msops', 'cifar_vit']) {
    it(`${name}: what the runtime fuses stays fused`, async () => {
      const original = readModel(join(folder, `${name}.onnx`));
      const { model } = await simplify(original);
      const [before, after] = [await optimizedOperators(original), await optimizedOperators(model)];
      const kinds = Object.keys(before).filter((opType) => fused.test(opType));
      assert.ok(kinds.length > 0);
      for (const opType of kinds) assert.equal(after[opType], before[opType], opType);
    });
  }
});
