// What the audit calls int8 against what the runtime's own profile shows was executed in int8, node by node.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditTruth } from '../../../test/support/auditTruth';
import { build, type ModelBuilder } from '../../../test/support/models';
import { qdq, quantizedWeight } from '../../../test/support/qdq';
import { passContext, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { LapidaryError } from '../../protocol/errors';
import { parseOptions } from '../../pass/option';
import { loadOrt } from '../../runtime/ort';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';

/** Audits and profiles; throws where they do not agree. Gives the number of nodes that ran in int8. */
async function assertTruth(model: Model): Promise<number> {
  const feeds = randomFeeds(inputPorts(model), { bounds: indexBounds(model) });
  const truth = await auditTruth(model, feeds);
  assert.deepEqual(truth.calledInt8RanInFloat, [], 'called int8, ran in float');
  assert.deepEqual(truth.calledInt8NotExecuted, [], 'called int8, was not executed');
  assert.deepEqual(truth.ranInInt8NotCalled, [], 'ran in int8, not called so');
  return truth.executed.length;
}

/** Conv, Relu, Conv, Add, MaxPool, GlobalAveragePool, Flatten, Gemm, Softmax, each quantized; unnamed nodes. */
function network(zeroPoint: number): ModelBuilder {
  let b = qdq(build({ inputs: { x: ['float', [1, 4, 12, 12]] } }), 'x');
  b = quantizedWeight(b, 'w1', [8, 4, 3, 3]).node('Conv', ['x_dq', 'w1'], 'c1', { kernel_shape: [3, 3] }, { name: '' });
  b = qdq(b.node('Relu', ['c1'], 'r1', {}, { name: '' }), 'r1', { zeroPoint });
  b = quantizedWeight(b, 'w2', [8, 8, 3, 3]);
  b = qdq(b.node('Conv', ['r1_dq', 'w2'], 'c2', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { name: '' }), 'c2');
  b = qdq(b.node('Add', ['r1_dq', 'c2_dq'], 'a', {}, { name: '' }), 'a');
  b = qdq(b.node('MaxPool', ['a_dq'], 'p', { kernel_shape: [2, 2] }, { name: '' }), 'p');
  b = qdq(b.node('GlobalAveragePool', ['p_dq'], 'g', {}, { name: '' }), 'g');
  b = qdq(b.node('Flatten', ['g_dq'], 'f', {}, { name: '' }), 'f');
  b = quantizedWeight(b, 'w3', [8, 5]).node('Gemm', ['f_dq', 'w3'], 'y', {}, { name: '' });
  return qdq(qdq(b, 'y').node('Softmax', ['y_dq'], 's', {}, { name: '' }), 's').output('s_dq', 'float');
}

const dynamic = (): ModelBuilder =>
  build({ inputs: { x: ['float', [4, 64]] } })
    .matMul('x', 'm', [64, 64])
    .relu('m', 'r')
    .gemm('r', 'y', [64, 16])
    .output('y', 'float');

/** A float model after a pass of ours; undefined when there is nothing to do. */
async function passed(id: 'quantize-dynamic' | 'quantize-static', model: Model): Promise<Model | undefined> {
  const folder = join(__dirname, '../../passes', id);
  if (!existsSync(join(folder, 'apply.ts'))) return undefined;
  const { declarations } = await import('../../passes/declarations');
  const { implementations } = await import('../../passes/implementations');
  if (!(id in declarations)) return undefined;
  const key = id as keyof typeof declarations;
  const { apply } = (await implementations[key]()) as {
    apply: (...args: unknown[]) => Promise<{ model: Model; changed: readonly unknown[] }>;
  };
  const given = id === 'quantize-dynamic' ? { layers: 'all' } : { method: 'minmax', layers: 'all' };
  const options = parseOptions(declarations[key].options, given);
  const { openData } = await import('../../data/openData');
  const ports = inputPorts(model);
  const data = await openData({ source: 'random', samples: 2 }, ports, {
    bounds: indexBounds(model),
    log: () => undefined,
  });
  const result = await apply(model, options, passContext({ runtime: await loadOrt(), data }));
  return result.changed.length > 0 ? result.model : undefined;
}

describe('profile/audit: against the profile of the runtime', () => {
  it('agrees on a network of unnamed nodes', async () => {
    assert.equal(await assertTruth(network(0).model()), 8);
  });

  it('agrees where symmetric activations keep layers in float', async () => {
    assert.ok((await assertTruth(network(128).model())) < 8);
  });

  it('agrees on dynamic quantization', async () => {
    const model = await passed('quantize-dynamic', dynamic().model());
    assert.equal(await assertTruth(model!), 2);
  });

  it('agrees on the models beside the repository, as they are and quantized', async function () {
    this.timeout(300_000);
    const folder = sharedFolder('the audit of real models', 'models');
    if (!folder) this.skip();
    assert.ok((await assertTruth(readModel(join(folder, 'mobilenet_v2_qdq_int8.onnx')))) >= 60);
    for (const name of [
      'squeezenet1.1_fp32',
      'cifar_resnet',
      'cifar_vit',
      'cifar10_cnn',
      'mnist_cnn_bn',
      'gtcrn',
      'byte_sb_bidi_lstm',
      'bert_toy',
      'fastestdet',
    ]) {
      for (const id of ['quantize-dynamic', 'quantize-static'] as const) {
        try {
          const model = await passed(id, readModel(join(folder, `${name}.onnx`)));
          if (model) say(`${name}, ${id}: ${await assertTruth(model)} nodes in int8`);
        } catch (thrown) {
          if (thrown instanceof LapidaryError && thrown.code === 'nothing-to-do') continue;
          throw thrown;
        }
      }
    }
  });
});
