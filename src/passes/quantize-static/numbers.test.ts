import assert from 'node:assert/strict';
import { sourceOf } from '../../../test/support/feeds';
import { build, type ModelBuilder } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import {
  countNodes,
  floatsOf,
  lines,
  optimizedOperators,
  runModel,
  sqnrOfOutputs,
} from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { toNumbers } from '../../numerics/elements';
import { loadOrt } from '../../runtime/ort';
import { type DataSource } from '../../data/source';
import { remembered } from './remember';
import { saturates } from './saturation';

/** Samples of one input that are given as numbers. */
const samplesOf = (rows: readonly (readonly number[])[], shape: readonly number[]): DataSource =>
  sourceOf(rows.map((numbers) => ({ x: { dataType: 'float', shape, data: Float32Array.from(numbers) } })));

const numbersOf = (model: Model, name: string): number[] => {
  const tensor = model.graph.initializers.get(name)?.constant;
  assert.ok(tensor, `there is no "${name}"`);
  return toNumbers(tensor.dataType, tensor.bytes(), tensor.size);
};

const gemm = (weights: readonly number[], bias: readonly number[]): ModelBuilder =>
  build({ inputs: { x: ['float', [1, 2]] } })
    .initializer('w', 'float', [2, 2], weights)
    .initializer('b', 'float', [2], bias)
    .node('Gemm', ['x', 'w', 'b'], 'y', { transB: 1 })
    .output('y');

const data = samplesOf(
  [
    [-1, 0.5],
    [2, 0.25],
    [3, -2],
  ],
  [1, 2],
);

describe('passes/quantize-static: numbers', () => {
  it('follows the formulas for activations, weights and biases', async () => {
    const { model } = await quantize(gemm([0.5, -1, 0.1, 0.05], [0.3, -0.2]).model(), {}, { data });
    // Seen: −2 to 3. Widened to 0, 255 steps, zero point round(2/scale).
    const scale = Math.fround(5 / 255);
    assert.deepEqual(numbersOf(model, 'x_scale'), [scale]);
    assert.deepEqual(numbersOf(model, 'zero_point_102'), [102]);
    const scales = [1 / 127, 0.1 / 127].map(Math.fround);
    const given = numbersOf(model, 'w_scale');
    given.forEach((value, row) => assert.ok(Math.abs(value / scales[row]! - 1) < 1e-6));
    assert.deepEqual(numbersOf(model, 'w_quantized'), [64, -127, 127, 64]);
    const products = given.map((value) => Math.fround(value * scale));
    assert.deepEqual(numbersOf(model, 'b_quantized_scale'), products);
    assert.deepEqual(numbersOf(model, 'b_quantized'), [
      Math.round(0.3 / products[0]!),
      Math.round(-0.2 / products[1]!),
    ]);
  });

  it('raises the scale of a weight whose bias would not fit into 32 bits', async () => {
    const { model } = await quantize(gemm([1e-9, -1e-9, 1, 1], [50, 1]).model(), {}, { data });
    const [raised, usual] = numbersOf(model, 'w_scale');
    const [input] = numbersOf(model, 'x_scale');
    assert.ok(Math.abs((raised! * input! * (2 ** 32 - 2)) / (1.0001 * 2 * 50) - 1) < 1e-6);
    assert.ok(Math.abs(usual! - 1 / 127) < 1e-8);
    const [bias] = numbersOf(model, 'b_quantized');
    assert.ok(Math.abs(bias!) < 2 ** 31 && Math.abs(bias!) > 2 ** 30);
    const y = floatsOf((await runModel(model)).y);
    assert.ok(Math.abs(y[0]! - 50) < 0.01);
  });

  it('lets each method make its own ranges from one calibration', async () => {
    const wide = samplesOf([...Array.from({ length: 40 }, () => [1, -1]), [20, 0]], [1, 2]);
    const ranges = new Map<string, number>();
    for (const method of ['minmax', 'moving-average', 'percentile', 'entropy', 'mse'] as const) {
      const options = { method, percentile: 97 };
      const { model } = await quantize(gemm([1, 2, 3, 4], [0, 1]).model(), options, { data: wide });
      ranges.set(method, numbersOf(model, 'x_scale')[0]! * 255);
    }
    assert.ok(Math.abs(ranges.get('minmax')! - 21) < 1e-4);
    // 1 and then 0.01 of 20.
    assert.ok(Math.abs(ranges.get('moving-average')! - (0.99 + 0.2 + 1)) < 0.02);
    assert.ok(Math.abs(ranges.get('percentile')! - 2) < 0.05);
    for (const range of ranges.values()) assert.ok(range > 1.9 && range < 21.1, `${range}`);
  });

  it('takes 16-bit activations, unsigned weights and one scale for all when asked', async () => {
    const model = gemm([0.5, -1, 0.1, 0.05], [0.3, -0.2]).model();
    const wide = await quantize(model, { activations: 'uint16', target: 'qnn' }, { data });
    assert.equal(wide.model.opset, 21);
    assert.equal(wide.model.graph.initializers.get('zero_point_26214')?.constant?.dataType, 'uint16');
    const four = await quantize(model, { weights: 'int4', target: 'qnn' }, { data });
    assert.deepEqual(numbersOf(four.model, 'w_quantized'), [3, -7, 7, 4]);
    assert.ok(floatsOf((await runModel(four.model)).y).every(Number.isFinite));
    const one = await quantize(model, { perChannel: false, weights: 'uint8' }, { data });
    assert.deepEqual(one.model.graph.initializers.get('w_scale')?.constant?.shape, []);
    assert.equal(one.model.graph.initializers.get('w_quantized')?.constant?.dataType, 'uint8');
    const reduced = await quantize(model, { reduceRange: 'on' }, { data });
    assert.deepEqual(numbersOf(reduced.model, 'w_quantized'), [32, -64, 64, 32]);
    const feeds = { x: { dataType: 'float' as const, shape: [1, 2], data: Float32Array.of(1, -1) } };
    const expected = floatsOf((await runModel(model, feeds)).y);
    for (const { model: result } of [wide, one, reduced]) {
      const given = floatsOf((await runModel(result, feeds)).y);
      given.forEach((value, index) => assert.ok(Math.abs(value - expected[index]!) < 0.03));
    }
  });

  it('codes a weight once for all who share it', async () => {
    const model = build({ inputs: { x: ['float', [4, 16]] } })
      .initializer('w', 'float', [16, 16])
      .node('MatMul', ['x', 'w'], 'a')
      .node('MatMul', ['a', 'w'], 'y')
      .output('y')
      .model();
    const { model: result } = await quantize(model);
    const names = [...result.graph.initializers.keys()].filter((name) => name.startsWith('w'));
    assert.deepEqual(names, ['w_quantized', 'w_scale']);
    assert.equal(lines(result.graph).filter((line) => line.startsWith('DequantizeLinear(w_quantized')).length, 1);
  });

  it('stores a zero point once, and scales of biases not at all where a product takes less', async () => {
    const model = build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'a', { channels: 128, inputChannels: 8, pad: 1, name: 'first' })
      .relu('a', 'r')
      .conv('r', 'b', { channels: 128, inputChannels: 128, pad: 1, name: 'second' })
      .relu('b', 's')
      .conv('s', 't', { channels: 8, inputChannels: 128, name: 'narrow' })
      .relu('t', 'y')
      .output('y')
      .model();
    const { model: result } = await quantize(model);
    const names = [...result.graph.initializers.keys()];
    const zeros = names.filter((name) => name.startsWith('zero_point'));
    assert.equal(zeros.length, 2, zeros.join()); // of x, and of what all Relus give
    assert.ok(zeros.includes('zero_point_0'));
    const scales = names.filter((name) => name.endsWith('bias_quantized_scale'));
    assert.deepEqual(scales, ['narrow.bias_quantized_scale']);
    const products = lines(result.graph).filter((line) => line.startsWith('Mul('));
    assert.deepEqual(products, [
      'Mul(x_scale, first.weight_scale) -> first.bias_quantized_scale',
      'Mul(r_scale, second.weight_scale) -> second.bias_quantized_scale',
    ]);
    assert.equal((await optimizedOperators(result)).QLinearConv, 3);
    // What compiles Q/DQ by itself may want to see numbers.
    const elsewhere = await quantize(model, { target: 'tensorrt' });
    assert.equal(numbersOf(elsewhere.model, 'first.bias_quantized_scale').length, 128);
  });

  it('gives operators on codes that compute the very same', async () => {
    const model = build({ inputs: { x: ['float', [2, 8, 8, 8]] } })
      .conv('x', 'a', { channels: 128, inputChannels: 8, pad: 1 })
      .relu('a', 'r')
      .node('MaxPool', ['r'], 'm', { kernel_shape: [2, 2], strides: [2, 2] })
      .conv('m', 'b', { channels: 128, inputChannels: 128, pad: 1 })
      .node('Add', ['b', 'm'], 's')
      .node('Concat', ['s', 'b'], 'c', { axis: 1 })
      .node('GlobalAveragePool', ['c'], 'p')
      .node('Flatten', ['p'], 'f')
      .gemm('f', 'y', [256, 10])
      .output('y')
      .model();
    const { model: qdq } = await quantize(model);
    const { model: codes } = await quantize(model, { format: 'qoperator' });
    assert.deepEqual(await sqnrOfOutputs(qdq, codes), [Infinity]);
    assert.ok(countNodes(qdq, 'Mul') > 0, 'some scales are computed');
    const kinds = new Set([...codes.graph.nodes()].map(({ qualifiedOpType }) => qualifiedOpType));
    assert.deepEqual([...kinds].sort(), [
      'Flatten',
      'MaxPool',
      'QLinearConv',
      'QuantizeLinear',
      'com.microsoft.QGemm',
      'com.microsoft.QLinearAdd',
      'com.microsoft.QLinearConcat',
      'com.microsoft.QLinearGlobalAveragePool',
    ]);
    assert.equal(codes.opsets.get('com.microsoft'), 1);
  });

  it('says which types operators on codes do not take, and writes those that they take', async () => {
    const model = build({ inputs: { x: ['float', [4, 16]] } })
      .gemm('x', 'y', [16, 8])
      .output('y')
      .model();
    for (const activations of ['uint8', 'int8', 'uint16', 'int16'] as const) {
      for (const weights of ['int8', 'uint8', 'int4'] as const) {
        const quantized = quantize(model, { format: 'qoperator', activations, weights });
        const hasOperators =
          activations === 'uint8' ? weights !== 'int4' : activations === 'int8' && weights === 'int8';
        if (hasOperators) assert.ok((await sqnrOfOutputs(model, (await quantized).model))[0]! > 30);
        else await assert.rejects(quantized, { code: 'usage', message: new RegExp(`${activations} and.* ${weights}`) });
      }
    }
  });

  it('leaves excluded layers and computed weights alone, with the reason', async () => {
    const outer = build({
      inputs: { x: ['float', [4, 16]], w: ['float', [3, 8, 3, 3]], i: ['float', [1, 8, 9, 9]] },
    });
    const model = outer
      .matMul('x', 'a', [16, 8], { name: 'kept' })
      .matMul('x', 'b', [16, 8], { name: 'coded' })
      .node('Conv', ['i', 'w'], 'c', {}, { name: 'dynamic' })
      .output('a')
      .output('b')
      .output('c')
      .model();
    const { changed, skipped } = await quantize(model, { exclude: ['ke*'], simplify: false });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['coded'],
    );
    assert.deepEqual(
      skipped.map(({ node, reason }) => `${node}: ${reason}`),
      ['kept: Excluded by name.', 'dynamic: Its weights are computed, not constant.'],
    );
  });

  it('does nothing to a model without layers, or with infinite weights', async () => {
    const none = build({ inputs: { x: ['float', [4]] } })
      .relu('x', 'y')
      .output('y')
      .model();
    const { changed, notes } = await quantize(none);
    assert.deepEqual(changed, []);
    assert.match(notes[0]!, /no layer in float32/);
    const broken = await quantize(gemm([1, Infinity, 1, 1], [0, 0]).model(), {}, { data });
    assert.deepEqual(broken.changed, []);
    assert.match(broken.skipped[0]!.reason, /infinities or NaN/);
  });

  it('follows shapes that are only known when it runs', async () => {
    const model = build({ inputs: { x: ['float', ['n', 'c', 'h', 'w']] } })
      .conv('x', 'c1', { channels: 4, inputChannels: 3, pad: 1 })
      .relu('c1', 'r')
      .conv('r', 'y', { channels: 4, inputChannels: 4, pad: 1 })
      .output('y')
      .model();
    const dims = { n: 2, c: 3, h: 9, w: 7 };
    const { model: result } = await quantize(model, {}, { dims });
    assert.equal(countNodes(result, 'QuantizeLinear'), 3);
    for (const db of await sqnrOfOutputs(model, result, dims)) assert.ok(db > 20, `${db}`);
  });

  it('reads each of the first samples once, and passes over those that cannot be read', async () => {
    let reads = 0;
    const source: DataSource = {
      ...data,
      size: 4,
      async *samples(start = 0, count = 4) {
        for (let index = start; index < Math.min(4, start + count); index++) {
          reads++;
          // The second one is broken.
          if (index !== 1) yield await Promise.resolve({ name: `${index}`, feeds: {} });
        }
      },
    };
    const kept = remembered(source, 3);
    const names = async (start?: number, count?: number): Promise<string[]> => {
      const all: string[] = [];
      for await (const { name } of kept.samples(start, count)) all.push(name);
      return all;
    };
    assert.deepEqual(await names(0, 2), ['0']);
    assert.equal(reads, 2);
    assert.deepEqual(await names(), ['0', '2', '3']);
    assert.deepEqual(await names(2), ['2', '3']);
    assert.equal(reads, 2 + 2 + 1, 'only what there was no room for is read again');
  });

  it('asks the runtime whether sums of 8-bit products are right', async () => {
    assert.equal(typeof (await saturates(await loadOrt())), 'boolean');
  });
});
