import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { floatsOf, runModel, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { openData } from '../../data/openData';
import { type Model } from '../../graph/model';
import { loadOrt } from '../../runtime/ort';
import { inputPorts } from '../../runtime/randomFeeds';
import { Reference } from '../../pass/reference';
import { type PassResult } from '../../pass/result';
import { apply } from './apply';
import { declaration } from './declaration';

const image = (): ModelBuilder => build({ inputs: { x: ['float', ['N', 4, 8, 8]] } });
const biases = [9, 7, 0.1, -2];
const point = { channels: 4, inputChannels: 4, kernel: 1 } as const;

/** A 1×1 convolution with two channels far above zero. */
const high = (builder: ModelBuilder, output: string): ModelBuilder =>
  builder
    .initializer(`${output}.w`, 'float', [4, 4, 1, 1])
    .initializer(`${output}.b`, 'float', [4], biases)
    .node('Conv', ['x', `${output}.w`, `${output}.b`], output);

async function absorbed(
  model: Model,
  options: { padded?: boolean; cutting?: boolean; exclude?: string[] } = {},
): Promise<PassResult> {
  const dims = { N: 1 };
  const data = await openData({ source: 'random', samples: 8 }, inputPorts(model, dims), { dims });
  return runPass({ declaration, apply }, model, { options, context: { runtime: await loadOrt(), data, dims } });
}

const biasOf = (model: Model, name: string): Float32Array => {
  const bytes = model.graph.initializers.get(name)!.constant!.bytes();
  return new Float32Array(bytes.slice().buffer);
};

describe('passes/absorb-bias', () => {
  it('lowers channels by mean − 3 deviations and raises the next bias by as much', async () => {
    const model = high(image(), 'a').relu('a', 'b').conv('b', 'y', point).output('y').model();
    const result = await absorbed(model);
    const [before, after] = [biasOf(model, 'a.b'), biasOf(result.model, 'a.b')];
    assert.ok(after[0]! < before[0]! - 1 && after[1]! < before[1]! - 1, `${before.join()} → ${after.join()}`);
    assert.deepEqual([after[2], after[3]], [before[2], before[3]]);
    const [db] = await sqnrOfOutputs(model, result.model, { N: 2 });
    // Three deviations leave a few values below zero.
    assert.ok(db! > 40, `outputs agree to ${db} dB`);
    assert.deepEqual(
      result.changed.map(({ node }) => node),
      ['Conv_a', 'Conv_y'],
    );
  });

  it('shrinks the range of the activation', async () => {
    const model = high(image(), 'a').relu('a', 'b').conv('b', 'y', point).output('b').output('y').model();
    // The output b may not change: nothing is done.
    assert.deepEqual((await absorbed(model)).changed, []);
    const inner = high(image(), 'a').relu('a', 'b').conv('b', 'y', point).output('y').model();
    const { model: after } = await absorbed(inner);
    const range = async (each: Model): Promise<number> => {
      const graph = each.graph;
      graph.outputs.push([...graph.nodes()][1]!.output(0)!);
      return Math.max(...floatsOf((await runModel(each)).b));
    };
    assert.ok((await range(after)) < 0.8 * (await range(inner)));
  });

  it('takes mean and deviation from a batch norm where there is one, without data', async () => {
    const model = image()
      .conv('x', 'c', point)
      .initializer('gamma', 'float', [4], [1, 1, 1, -1])
      .initializer('beta', 'float', [4], [5, 2, -4, 4])
      .initializer('mean', 'float', [4], [0, 0, 0, 0])
      .initializer('var', 'float', [4], [1, 1, 1, 1])
      .node('BatchNormalization', ['c', 'gamma', 'beta', 'mean', 'var'], 'a')
      .relu('a', 'b')
      .conv('b', 'y', point)
      .output('y')
      .model();
    const result = await runPass({ declaration, apply }, model, {});
    assert.deepEqual(Array.from(biasOf(result.model, 'beta')), [3, 2, -4, 3]);
  });

  it('goes through pools, joins and flattening, to several layers', async () => {
    const model = high(image(), 'a')
      .relu('a', 'b')
      .node('MaxPool', ['b'], 'c', { kernel_shape: [2, 2], strides: [2, 2] })
      .conv('c', 'd', point)
      .node('Concat', ['x', 'b'], 'e', { axis: 1 })
      .conv('e', 'f', { ...point, inputChannels: 8 })
      .node('Flatten', ['c'], 'g')
      .gemm('g', 'h', [64, 5])
      .output('d')
      .output('f')
      .output('h')
      .model();
    const { changed, model: after } = await absorbed(model);
    assert.deepEqual(changed.map(({ node }) => node).sort(), ['Conv_a', 'Conv_d', 'Conv_f', 'Gemm_h']);
    for (const db of await sqnrOfOutputs(model, after, { N: 2 })) assert.ok(db > 40, `outputs agree to ${db} dB`);
  });

  it('shifts the constants that are added to products', async () => {
    const model = build({ inputs: { x: ['float', ['N', 16, 4]] } })
      .matMul('x', 'p', [4, 4])
      .initializer('b1', 'float', [4], biases)
      .node('Add', ['p', 'b1'], 'a')
      .relu('a', 'b')
      .matMul('b', 'q', [4, 3])
      .initializer('b2', 'float', [3])
      .node('Add', ['b2', 'q'], 'y')
      .output('y')
      .model();
    const { changed, model: after } = await absorbed(model);
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['Add_a', 'Add_y'],
    );
    const [db] = await sqnrOfOutputs(model, after, { N: 2 });
    assert.ok(db! > 40, `outputs agree to ${db} dB`);
  });

  it('leaves padded convolutions alone unless asked, and says why', async () => {
    const model = high(image(), 'a')
      .relu('a', 'b')
      .conv('b', 'y', { ...point, kernel: 3, pad: 1 })
      .output('y')
      .model();
    const { changed, skipped } = await absorbed(model);
    assert.deepEqual(changed, []);
    assert.match(skipped[0]!.reason, /zero pads/);
    assert.equal((await absorbed(model, { padded: true })).changed.length, 2);
  });

  it('cuts no value of the data off unless asked', async () => {
    const model = high(image(), 'a').relu('a', 'b').conv('b', 'y', point).output('y').model();
    const { model: kept } = await absorbed(model);
    const dims = { N: 1 };
    const data = await openData({ source: 'random', samples: 8 }, inputPorts(model, dims), { dims });
    const runtime = await loadOrt();
    const reference = await Reference.of(model, { runtime, samples: data, signal: new AbortController().signal });
    assert.ok((await reference.measure(kept)).sqnrDb > 100);
    const { model: cut } = await absorbed(model, { cutting: true });
    assert.ok(biasOf(cut, 'a.b')[0]! < biasOf(kept, 'a.b')[0]!);
  });

  it('leaves what is cut, read elsewhere, excluded or not known', async () => {
    const six = build({ inputs: { x: ['float', ['N', 4, 8, 8]] } })
      .initializer('lo', 'float', [], [0])
      .initializer('hi', 'float', [], [6]);
    const cut = high(six, 'a').node('Clip', ['a', 'lo', 'hi'], 'b').conv('b', 'y', point).output('y').model();
    assert.match((await absorbed(cut)).skipped[0]!.reason, /cuts at 6/);
    const bent = high(image(), 'a').relu('a', 'b').node('Sigmoid', ['b'], 'y').output('y').model();
    assert.match((await absorbed(bent)).skipped[0]!.reason, /Sigmoid/);
    const plain = high(image(), 'a').relu('a', 'b').conv('b', 'y', point).output('y').model();
    assert.match((await absorbed(plain, { exclude: ['Conv_y'] })).skipped[0]!.reason, /Excluded/);
    assert.match((await runPass({ declaration, apply }, plain, {})).skipped[0]!.reason, /give data/);
  });
});
