import assert from 'node:assert/strict';
import { unbalanced } from '../../../test/support/unbalanced';
import { fakeQuantized } from '../../../test/support/fakeQuantize';
import { build, type ModelBuilder } from '../../../test/support/models';
import { countNodes, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { openData } from '../../data/openData';
import { layerOf, magnitudes } from '../../pass/channels/layer';
import { type PassContext } from '../../pass/context';
import { loadOrt } from '../../runtime/ort';
import { inputPorts } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';

const image = (): ModelBuilder => build({ inputs: { x: ['float', ['N', 4, 8, 8]] } });
const conv = { channels: 4, inputChannels: 4, pad: 1 };

/** Equalizes with the runtime; outputs must stay what they were. */
async function equalized(model: Model, options: Parameters<typeof runPass<(typeof declaration)['options']>>[2] = {}) {
  const context = { runtime: await loadOrt(), ...options.context };
  const result = await runPass({ declaration, apply }, model, { ...options, context });
  for (const db of await sqnrOfOutputs(model, result.model, { N: 2 })) assert.ok(db > 100, `outputs agree to ${db} dB`);
  return result;
}

/** Largest weight of each channel that the layer makes, or reads. */
function ranges(model: Model, name: string, side: 'made' | 'read'): number[] {
  const node = [...model.graph.nodes()].find((each) => each.name === name)!;
  const layer = layerOf(node, model.opset)!;
  const { rows, columns, rowsAreOutputs, groups } = layer.grid;
  const byRow = (side === 'made') === rowsAreOutputs;
  const out = new Array<number>(side === 'made' ? layer.outputs : layer.inputs).fill(0);
  magnitudes(layer).forEach((value, pair) => {
    const row = Math.floor(pair / columns);
    const channel = byRow ? row : (pair % columns) + Math.floor(row / (rows / groups)) * columns;
    out[channel] = Math.max(out[channel]!, value);
  });
  return out;
}

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((value, index) => {
    const other = expected[index]!;
    assert.ok(Math.abs(value - other) < 2e-3 * Math.abs(other), `${actual.join()} is not ${expected.join()}`);
  });
}

describe('passes/equalize-layers', () => {
  it('gives both sides of every channel the same range, √(r1·r2)', async () => {
    const model = image().conv('x', 'a', conv).relu('a', 'b').conv('b', 'y', conv).output('y').model();
    const [r1, r2] = [ranges(model, 'Conv_a', 'made'), ranges(model, 'Conv_y', 'read')];
    const result = await equalized(model);
    const expected = r1.map((value, index) => Math.sqrt(value * r2[index]!));
    assertClose(ranges(result.model, 'Conv_a', 'made'), expected);
    assertClose(ranges(result.model, 'Conv_y', 'read'), expected);
    assert.deepEqual([...result.model.graph.initializers.keys()], [...model.graph.initializers.keys()]);
    assert.equal(result.changed.length, 2);
    assert.match(result.notes.join(), /agree/);
  });

  it('takes layers with as many channels as a language model has words', async () => {
    const words = 150_000;
    const model = build({ inputs: { x: ['float', ['N', 2]] } })
      .matMul('x', 'a', [2, words])
      .relu('a', 'b')
      .matMul('b', 'y', [words, 2])
      .output('y')
      .model();
    assert.equal((await runPass({ declaration, apply }, model, { idempotent: false })).changed.length, 2);
  });

  it('gives a depthwise layer and both its neighbours the range (r1·r2·r3)^⅓', async () => {
    const model = image()
      .conv('x', 'a', { ...conv, kernel: 1, pad: 0 })
      .relu('a', 'b')
      .conv('b', 'c', { ...conv, group: 4 })
      .relu('c', 'd')
      .conv('d', 'y', { ...conv, kernel: 1, pad: 0 })
      .output('y')
      .model();
    const spoilt = unbalanced(model, { most: 30 });
    const each = [ranges(spoilt, 'Conv_a', 'made'), ranges(spoilt, 'Conv_c', 'made'), ranges(spoilt, 'Conv_y', 'read')];
    const expected = each[0]!.map((value, index) => Math.cbrt(value * each[1]![index]! * each[2]![index]!));
    const { model: after } = await equalized(spoilt);
    assertClose(ranges(after, 'Conv_a', 'made'), expected);
    assertClose(ranges(after, 'Conv_c', 'made'), expected);
    assertClose(ranges(after, 'Conv_y', 'read'), expected);
  });

  it('makes weights with one scale per tensor as good as those with one per channel', async () => {
    const model = image()
      .conv('x', 'a', { ...conv, channels: 16 })
      .relu('a', 'b')
      .conv('b', 'c', { ...conv, channels: 16, inputChannels: 16, group: 16 })
      .relu('c', 'd')
      .conv('d', 'y', { ...conv, inputChannels: 16 })
      .output('y')
      .model();
    const spoilt = unbalanced(model, { most: 30 });
    const [before] = await sqnrOfOutputs(spoilt, fakeQuantized(spoilt), { N: 2 });
    const { model: after } = await equalized(spoilt);
    const [mended] = await sqnrOfOutputs(spoilt, fakeQuantized(after), { N: 2 });
    assert.ok(mended! > before! + 10, `${before} → ${mended} dB`);
  });

  it('goes through groups, transposed convolutions, pools, joins, splits, sums, flattening and products', async () => {
    const model = image()
      .conv('x', 'a', { ...conv, channels: 8, group: 2 })
      .node('LeakyRelu', ['a'], 'b')
      .initializer('t', 'float', [8, 3, 2, 2])
      .node('ConvTranspose', ['b', 't'], 'c', { kernel_shape: [2, 2], strides: [2, 2], group: 2 })
      .relu('c', 'd')
      .node('MaxPool', ['d'], 'e', { kernel_shape: [2, 2], strides: [2, 2] })
      .conv('e', 'f', { ...conv, inputChannels: 6 })
      .conv('e', 'g', { ...conv, inputChannels: 6 })
      .node('Add', ['f', 'g'], 'h')
      .relu('h', 'i')
      .conv('e', 'j', { ...conv, inputChannels: 6, channels: 2 })
      .node('Concat', ['i', 'j'], 'k', { axis: 1 })
      .node('AveragePool', ['k'], 'l', { kernel_shape: [2, 2], strides: [2, 2] })
      .node('Flatten', ['l'], 'm')
      .gemm('m', 'n', [6 * 16, 12])
      .relu('n', 'o')
      .matMul('o', 'p', [12, 8])
      .initializer('bias', 'float', [8])
      .node('Add', ['p', 'bias'], 'q')
      .relu('q', 'r')
      .matMul('r', 'y', [8, 3])
      .output('y')
      .model();
    const result = await equalized(unbalanced(model, { seed: 4 }));
    const layers = ['ConvTranspose_c', 'Conv_a', 'Conv_f', 'Conv_g', 'Conv_j', 'Gemm_n', 'MatMul_p', 'MatMul_y'];
    assert.deepEqual(result.changed.map(({ node }) => node).sort(), layers);
  });

  it('leaves what it cannot scale, and says why', async () => {
    const model = image()
      .conv('x', 'a', { ...conv, bias: false })
      .node('Sigmoid', ['a'], 'b')
      .conv('b', 'c', conv)
      .relu('c', 'd')
      .conv('d', 'e', { ...conv, bias: false })
      .node('Relu', ['e'], 'f')
      .node('Conv', ['f', 'Conv_e.weight'], 'g', { pads: [1, 1, 1, 1] })
      .output('c')
      .output('g')
      .model();
    const { changed, skipped } = await equalized(model);
    assert.deepEqual(changed, []);
    const reasons = Object.fromEntries(skipped.map(({ node, reason }) => [node, reason]));
    assert.match(reasons.Conv_a!, /Sigmoid/);
    assert.match(reasons.Conv_c!, /output of the graph/);
    assert.match(reasons.Conv_e!, /shared/);
  });

  it('leaves excluded layers alone', async () => {
    const model = image().conv('x', 'a', conv).relu('a', 'b').conv('b', 'y', conv).output('y').model();
    const { changed, skipped } = await equalized(unbalanced(model), { options: { exclude: ['Conv_a'] } });
    assert.deepEqual(changed, []);
    assert.match(skipped[0]!.reason, /excluded/);
  });

  describe('ReLU6', () => {
    const clipped = (bound: number): Model =>
      image()
        .conv('x', 'a', conv)
        .initializer('low', 'float', [], [0])
        .initializer('high', 'float', [], [bound])
        .node('Clip', ['a', 'low', 'high'], 'b')
        .conv('b', 'y', conv)
        .output('y')
        .model();

    async function withData(model: Model): Promise<Partial<PassContext>> {
      const dims = { N: 1 };
      const source = await openData({ source: 'random', samples: 3 }, inputPorts(model, dims), { dims });
      // Random numbers stand for the photographs that a test cannot have.
      return { data: { ...source, random: false }, dims };
    }

    it('becomes Relu where no value of the data reaches the bound', async () => {
      const model = clipped(100);
      const { model: after, notes } = await equalized(model, { context: await withData(model) });
      assert.deepEqual([countNodes(after, 'Clip'), countNodes(after, 'Relu')], [0, 1]);
      assert.ok(!after.graph.initializers.has('high'));
      assert.match(notes.join(), /1 ReLU6 became Relu/);
    });

    it('stays where the data reaches it, and where there is no data', async () => {
      const model = clipped(0.5);
      assert.deepEqual((await equalized(model, { context: await withData(model) })).changed, []);
      const { skipped } = await equalized(clipped(100));
      assert.match(skipped[0]!.reason, /cuts at 100/);
    });

    it('becomes Relu on request', async () => {
      const model = clipped(0.5);
      const context = { runtime: await loadOrt() };
      const result = await runPass({ declaration, apply }, model, { options: { relu6: 'always' }, context });
      assert.equal(countNodes(result.model, 'Clip'), 0);
    });
  });
});
