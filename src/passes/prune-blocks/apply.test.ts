import assert from 'node:assert/strict';
import { join } from 'node:path';
import { resnet18 } from '../../../bench/models/convnets';
import { gpt2 } from '../../../bench/models/modern';
import { build, type ModelBuilder } from '../../../test/support/models';
import { countNodes, passContext, runModel, runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { loadOrt } from '../../runtime/ort';
import { LapidaryError } from '../../protocol/errors';
import { parseOptions } from '../../pass/option';
import { apply } from './apply';
import { declaration } from './declaration';
import { findBlocks } from './find';

const pass = { declaration, apply };

/** Two residual blocks; the branch of the second is nearly nothing. */
function residual(): ModelBuilder {
  const builder = build({ inputs: { x: ['float', ['n', 8]] } });
  builder.gemm('x', 'a', [8, 8], { name: 'first' }).node('Add', ['a', 'x'], 's', {}, { name: 'sum1' });
  builder.initializer('w', 'float', [8, 8], new Float32Array(64).fill(1e-3)).node('MatMul', ['s', 'w'], 'm');
  builder.node('Relu', ['m'], 'r').node('Add', ['s', 'r'], 't', {}, { name: 'sum2' });
  return builder.gemm('t', 'y', [8, 4], { name: 'head' }).output('y', 'float', ['n', 4]);
}

describe('passes/prune-blocks', () => {
  it('finds blocks by their skips, and no sums inside activations', () => {
    const blocks = findBlocks(residual().model());
    assert.deepEqual(
      blocks.map(({ sum, skip, nodes }) => [sum.label, skip.name, nodes.map(({ opType }) => opType)]),
      [['sum1', 'x', ['Gemm']], ['sum2', 's', ['MatMul', 'Relu']]],
    ); // prettier-ignore
    // GELU by its tanh form sums a value and its cube, without any weight.
    assert.equal(findBlocks(gpt2(8, { width: 0.2, depth: 2 })).length, 4);
    // Of the eight blocks of a ResNet-18 three change the shape: their skips have a layer of their own.
    assert.equal(findBlocks(resnet18({ size: 32 })).length, 5);
  });

  for (const criterion of ['similarity', 'output'] as const) {
    it(`drops the block that does least, by ${criterion}`, async () => {
      const context = { runtime: await loadOrt() };
      const model = residual().model();
      const result = await runPass(pass, model, { options: { sparsity: 0.5, criterion }, context, idempotent: false });
      assert.deepEqual(result.changed.map(({ node, bytesAfter }) => [node, bytesAfter]), [['sum2', 0]]); // prettier-ignore
      assert.ok(result.changed[0]!.removed?.every(({ unit, before, after }) => unit === 'nodes' && before > 0 && after === 0)); // prettier-ignore
      assert.match(result.skipped[0]!.reason, /more than those that left/);
      assert.deepEqual([countNodes(result.model, 'Add'), countNodes(result.model, 'MatMul')], [1, 0]);
      assert.match(result.notes.join(' '), /Random inputs say little/);
      const [before, after] = [await runModel(model), await runModel(result.model)];
      const [a, b] = [before['y']!.data, after['y']!.data] as [Float32Array, Float32Array];
      assert.ok(a.every((value, at) => Math.abs(value - b[at]!) < 0.05));
    });
  }

  it('drops several blocks of a deep network, one after the other when asked', async () => {
    const context = { runtime: await loadOrt() };
    for (const iterative of [false, true]) {
      const { model, changed } = await runPass(pass, gpt2(8, { width: 0.2, depth: 3 }), {
        options: { sparsity: 0.5, iterative },
        context,
        idempotent: false,
      });
      assert.equal(changed.length, 3);
      assert.equal(findBlocks(model).length, 3);
    }
  });

  it('leaves blocks alone that are excluded, and says where there are none', async () => {
    const context = { runtime: await loadOrt() };
    const { changed, skipped } = await runPass(pass, residual().model(), {
      options: { sparsity: 0.9, exclude: ['sum2'] },
      context,
      idempotent: false,
    });
    assert.deepEqual(changed.map(({ node }) => node), ['sum1']); // prettier-ignore
    assert.deepEqual(skipped, [{ node: 'sum2', opType: 'Add', reason: 'Excluded by name.' }]);
    const plain = build({ inputs: { x: ['float', [1, 8]] } })
      .gemm('x', 'y', [8, 8])
      .output('y', 'float', [1, 8]);
    assert.match((await runPass(pass, plain.model(), { context })).notes[0]!, /no residual block/);
  });

  it('needs a runtime', async () => {
    const options = parseOptions(declaration.options, {});
    await assert.rejects(apply(residual().model(), options, passContext()), LapidaryError);
  });

  const models = sharedFolder('blocks of trained networks', 'models');
  if (models) {
    it('finds and drops blocks of trained networks', async () => {
      const context = { runtime: await loadOrt() };
      for (const [name, count] of [['cifar_resnet', 4], ['cifar_vit', 12], ['cifar_vit_torchscript', 12]] as const) {
        const { model, notes } = await runPass(pass, readModel(join(models, `${name}.onnx`)), { context, idempotent: false });
        say(`${name}: ${notes[0]}`);
        assert.ok(findBlocks(model).length < count, name);
      }
    }); // prettier-ignore
  }
});
