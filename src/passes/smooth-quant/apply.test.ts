import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { floatsOf, runModel, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { unbalanced } from '../../../test/support/unbalanced';
import { openData } from '../../data/openData';
import { type Model } from '../../graph/model';
import { layerOf, magnitudes } from '../../pass/channels/layer';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';

const width = 8;
const tokens = (): ModelBuilder =>
  build({ inputs: { x: ['float', ['N', 6, width]] } })
    .initializer('gamma', 'float', [width], [1, 1, 40, 1, 1, 1, 1, 1])
    .initializer('beta', 'float', [width], [0, 0, 9, 0, 0, 0.5, 0, 0]);

const normed = (): ModelBuilder => tokens().node('LayerNormalization', ['x', 'gamma', 'beta'], 'n');

async function smoothed(model: Model, options: { alpha?: number; exclude?: string[] } = {}): Promise<PassResult> {
  const dims = { N: 1 };
  const data = await openData({ source: 'random', samples: 4 }, inputPorts(model, dims), { dims });
  const result = await runPass({ declaration, apply }, model, {
    options,
    context: { runtime: await loadOrt(), data, dims },
  });
  for (const db of await sqnrOfOutputs(model, result.model, { N: 2 })) assert.ok(db > 100, `outputs agree to ${db} dB`);
  return result;
}

/** Largest magnitude of each channel of a value, over the pass's own samples. */
async function activations(model: Model, name: string): Promise<number[]> {
  const most = new Array<number>(width).fill(0);
  const value = [...model.graph.nodes()].flatMap(({ outputs }) => outputs).find((output) => output?.name === name)!;
  model.graph.outputs.push(value);
  for (let index = 0; index < 4; index++) {
    const feeds = randomFeeds(inputPorts(model, { N: 1 }), { seed: index * 7919, dims: { N: 1 } });
    floatsOf((await runModel(model, feeds))[name]).forEach((each, at) => {
      most[at % width] = Math.max(most[at % width]!, Math.abs(each));
    });
  }
  model.graph.outputs.pop();
  return most;
}

const rows = (model: Model, name: string): number[] => {
  const layer = layerOf(
    [...model.graph.nodes()].find((node) => node.name === name)!,
    model.opset,
  )!;
  const sizes = magnitudes(layer);
  return Array.from({ length: layer.inputs }, (_, row) =>
    Math.max(...sizes.subarray(row * layer.outputs, (row + 1) * layer.outputs)),
  );
};

describe('passes/smooth-quant', () => {
  it('divides channels by max|X|^α / max|W|^(1−α), up to one factor for all', async () => {
    const model = normed().matMul('n', 'y', [width, 12]).output('y').model();
    const [x, w] = [await activations(model, 'n'), rows(model, 'MatMul_y')];
    const alpha = 0.6;
    const { model: after, changed } = await smoothed(model, { alpha });
    const s = x.map((most, channel) => most ** alpha / w[channel]! ** (1 - alpha));
    const mean = Math.exp(s.reduce((sum, each) => sum + Math.log(each), 0) / width);
    rows(after, 'MatMul_y').forEach((value, channel) => {
      const expected = (w[channel]! * s[channel]!) / mean;
      assert.ok(Math.abs(value - expected) < 1e-4 * expected, `channel ${channel}: ${value}, not ${expected}`);
    });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['MatMul_y', 'LayerNormalization_n'],
    );
  });

  it('chooses α by the error of the outputs in 8 bits, and leaves what gains nothing', async () => {
    const model = normed().matMul('n', 'y', [width, 12]).output('y').model();
    const { changed } = await smoothed(model);
    const [, before, after] = /in 8 bits ([\d.]+) → ([\d.]+) dB/.exec(changed[0]!.what)!.map(Number);
    assert.ok(after! > before! + 3, changed[0]!.what);
    const even = build({ inputs: { x: ['float', ['N', 6, width]] } })
      .initializer('gamma', 'float', [width], new Array<number>(width).fill(1))
      .node('LayerNormalization', ['x', 'gamma'], 'n')
      .initializer(
        'w',
        'float',
        [width, width],
        Array.from({ length: width ** 2 }, (_, i) => (i % 2 ? 1 : -1)),
      )
      .node('MatMul', ['n', 'w'], 'y')
      .output('y')
      .model();
    const result = await smoothed(even);
    assert.deepEqual(result.changed, []);
    assert.match(result.skipped[0]!.reason, /gains nothing/);
  });

  it('gives layers that read the same tensor the same scales', async () => {
    const both = normed().matMul('n', 'q', [width, 4]).matMul('n', 'k', [width, 4]).output('q').output('k').model();
    const { changed, model: after } = await smoothed(both, { alpha: 0.5 });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['MatMul_q', 'MatMul_k', 'LayerNormalization_n'],
    );
    const ratio = (name: string): number[] => rows(after, name).map((each, row) => each / rows(both, name)[row]!);
    ratio('MatMul_q').forEach((each, row) => assert.ok(Math.abs(each / ratio('MatMul_k')[row]! - 1) < 1e-5));
  });

  it('folds scales into a norm in parts, a product with a constant Add, and a convolution', async () => {
    const parts = tokens()
      .node('ReduceMean', ['x'], 'm', { axes: [-1] })
      .node('Sub', ['x', 'm'], 'd')
      .node('Mul', ['d', 'gamma'], 'g')
      .node('Add', ['g', 'beta'], 'n')
      .matMul('n', 'y', [width, 12])
      .output('y')
      .model();
    assert.deepEqual(
      (await smoothed(parts, { alpha: 0.5 })).changed.map(({ node }) => node),
      ['MatMul_y', 'Mul_g'],
    );
    const product = tokens().matMul('x', 'p', [width, width]).node('Add', ['p', 'beta'], 'a').relu('a', 'r');
    const linear = unbalanced(product.matMul('r', 'y', [width, 3]).output('y').model(), { most: 20 });
    assert.deepEqual(
      (await smoothed(linear, { alpha: 0.5 })).changed.map(({ node }) => node),
      ['MatMul_y', 'MatMul_p'],
    );
    const image = build({ inputs: { x: ['float', ['N', 4, 8, 8]] } })
      .conv('x', 'a', { channels: 8, inputChannels: 4, pad: 1 })
      .relu('a', 'b')
      .conv('b', 'y', { channels: 4, inputChannels: 8, pad: 1 })
      .output('y')
      .model();
    const { changed } = await smoothed(unbalanced(image, { most: 20 }));
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['Conv_y', 'Conv_a'],
    );
  });

  it('folds scales into batch norms and instance norms', async () => {
    for (const [opType, ...more] of [['BatchNormalization', 'mean', 'var'], ['InstanceNormalization']] as const) {
      const model = build({ inputs: { x: ['float', ['N', width, 4, 4]] } })
        .initializer('gamma', 'float', [width], [1, 1, 40, 1, 1, 1, 1, 1])
        .initializer('beta', 'float', [width], [0, 0, 9, 0, 0, 0.5, 0, 0])
        .initializer('mean', 'float', [width], new Array<number>(width).fill(0))
        .initializer('var', 'float', [width], new Array<number>(width).fill(1))
        .node(opType, ['x', 'gamma', 'beta', ...more], 'n')
        .conv('n', 'y', { channels: 4, inputChannels: width })
        .output('y')
        .model();
      const { changed } = await smoothed(model, { alpha: 0.5 });
      assert.deepEqual(
        changed.map(({ node }) => node),
        ['Conv_y', `${opType}_n`],
      );
    }
  });

  it('leaves what is behind other operators, on its way out, or excluded, and says why', async () => {
    const model = normed().matMul('n', 'p', [width, width]).node('Sigmoid', ['p'], 's').matMul('s', 'y', [width, 3]);
    const { skipped } = await smoothed(model.output('n').output('y').model());
    const reasons = Object.fromEntries(skipped.map(({ node, reason }) => [node, reason]));
    assert.match(reasons.MatMul_p!, /"n" is an output/);
    assert.match(reasons.MatMul_y!, /Nothing before it/);
    const plain = normed().matMul('n', 'y', [width, 12]).output('y').model();
    const excluded = await smoothed(plain, { exclude: ['MatMul_y'] });
    assert.deepEqual(excluded.changed, []);
    assert.match(excluded.skipped[0]!.reason, /excluded/);
  });
});
