import assert from 'node:assert/strict';
import { build, type ModelBuilder, float } from '../../../test/support/models';
import { simplify, untouched } from '../../../test/support/simplify';
import { openData } from '../../data/openData';
import { layerErrors } from '../../pass/layerErrors';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { inputPorts } from '../../runtime/randomFeeds';

/** What is left of a model, by operator, in order. */
const operators = ({ model }: PassResult): string[] => [...model.graph.nodes()].map(({ opType }) => opType);

const image = { x: ['float', ['N', 4, 6, 6]] } as const;
const matrix = { x: ['float', ['N', 8]] } as const;

/** A convolution of `groups` from 4 to 6 channels, then what `after` appends from "c" to "y". */
function convolution(after: (builder: ModelBuilder) => ModelBuilder, group = 1, bias = true): ModelBuilder {
  const builder = build({ inputs: image }).conv('x', 'c', { channels: 8, inputChannels: 4, group, bias, pad: 1 });
  return after(builder).output('y', 'float');
}

function batchNorm(builder: ModelBuilder, channels: number, input = 'c'): ModelBuilder {
  for (const name of ['gamma', 'beta', 'mean']) builder.initializer(name, 'float', [channels]);
  builder.initializer(
    'variance',
    'float',
    [channels],
    Array.from({ length: channels }, (_, c) => 0.5 + c),
  );
  return builder.node('BatchNormalization', [input, 'gamma', 'beta', 'mean', 'variance'], 'y', {
    epsilon: float(1e-3),
  });
}

describe('passes/simplify, batch norms', () => {
  for (const group of [1, 2, 4]) {
    for (const bias of [true, false]) {
      it(`into Conv of ${group} groups ${bias ? 'with' : 'without'} bias`, async () => {
        const result = await simplify(convolution((b) => batchNorm(b, 8), group, bias).model(), { dims: { N: 2 } });
        assert.deepEqual(operators(result), ['Conv']);
      });
    }
    it(`into ConvTranspose of ${group} groups`, async () => {
      const builder = build({ inputs: image }).initializer('w', 'float', [4, 3, 3, 3]);
      builder.node('ConvTranspose', ['x', 'w'], 'c', { group, strides: [2, 2], output_padding: [1, 1] });
      const result = await simplify(
        batchNorm(builder, 3 * group)
          .output('y', 'float')
          .model(),
        { dims: { N: 2 } },
      );
      assert.deepEqual(operators(result), ['ConvTranspose']);
    });
  }

  it('lend their name to what the layer now gives: values of one name are the same value', async () => {
    const builder = build({ inputs: image }).conv('x', 'c', { channels: 8, inputChannels: 4, pad: 1 });
    const model = batchNorm(builder, 8)
      .initializer('half', 'float', [], [0.5])
      .node('Mul', ['y', 'half'], 'scaled')
      .node('Exp', ['scaled'], 'e')
      .output('e', 'float')
      .model();
    const result = await simplify(model, { dims: { N: 2 } });
    assert.deepEqual(operators(result), ['Conv', 'Exp']);
    const options = {
      runtime: await loadOrt(),
      samples: await openData({ source: 'random', samples: 1 }, inputPorts(model)),
      signal: new AbortController().signal,
    };
    const [conv] = model.graph.nodes();
    const errors = await layerErrors(model, result.model, [conv!], options);
    assert.ok(errors.get(conv!.label)! > 100, `${errors.get(conv!.label)} dB`);
  });

  for (const transB of [0, 1]) {
    it(`into Gemm with transB ${transB}`, async () => {
      const builder = build({ inputs: matrix }).initializer('w', 'float', transB ? [5, 8] : [8, 5]);
      builder.initializer('b', 'float', [5]).node('Gemm', ['x', 'w', 'b'], 'c', { transB });
      const result = await simplify(batchNorm(builder, 5).output('y', 'float').model(), { dims: { N: 3 } });
      assert.deepEqual(operators(result), ['Gemm']);
    });
  }

  it('shared weights are not copied', async () => {
    const builder = build({ inputs: image }).initializer('w', 'float', [4, 4, 3, 3]);
    builder.node('Conv', ['x', 'w'], 'c').node('Conv', ['x', 'w'], 'd', { pads: [0, 0, 0, 0], dilations: [1, 1] });
    const result = await simplify(batchNorm(builder, 4).output('y', 'float').output('d', 'float').model());
    assert.deepEqual(operators(result).sort(), ['BatchNormalization', 'Conv', 'Conv']);
  });

  it('a layer that others read, that trains, or that is excluded stays', async () => {
    const read = convolution((b) => batchNorm(b, 8)).output('c', 'float');
    assert.deepEqual((await simplify(read.model())).changed, []);
    const training = convolution((b) => batchNorm(b, 8)).model();
    for (const node of training.graph.nodes())
      if (node.is('BatchNormalization')) node.setOutput(1, training.graph.newValue('m'));
    training.opsets.set('', 13);
    assert.deepEqual(operators(await simplify(training, { runs: false })), ['Conv', 'BatchNormalization']);
    const excluded = convolution((b) => batchNorm(b, 8)).model();
    assert.deepEqual((await simplify(excluded, { options: { exclude: ['Conv_c'] } })).changed, []);
  });

  it('half floats and doubles stay as they are', async () => {
    const builder = build({ inputs: { x: ['double', ['N', 4, 6, 6]] } }).initializer('w', 'double', [4, 4, 3, 3]);
    builder.initializer('s', 'double', [4, 1, 1]).node('Conv', ['x', 'w'], 'c').node('Mul', ['c', 's'], 'y');
    assert.deepEqual((await simplify(builder.output('y', 'double').model(), { runs: false })).changed, []);
  });
});

describe('passes/simplify, arithmetic after layers', () => {
  for (const [opType, inputs] of [
    ['Mul', ['c', 's']],
    ['Mul', ['s', 'c']],
    ['Add', ['c', 's']],
    ['Sub', ['c', 's']],
    ['Sub', ['s', 'c']],
    ['Div', ['c', 's']],
  ] as const) {
    for (const shape of [[8, 1, 1], [1, 8, 1, 1], []]) {
      it(`${opType}(${inputs.join()}) of [${shape.join()}] into Conv`, async () => {
        const model = convolution((b) => b.initializer('s', 'float', shape).node(opType, inputs, 'y')).model();
        assert.deepEqual(operators(await simplify(model, { dims: { N: 2 } })), ['Conv']);
      });
    }
    it(`${opType}(${inputs.join()}) into Gemm`, async () => {
      const builder = build({ inputs: matrix }).gemm('x', 'c', [8, 5]).initializer('s', 'float', [5]);
      assert.deepEqual(operators(await simplify(builder.node(opType, inputs, 'y').output('y', 'float').model())), [
        'Gemm',
      ]);
    });
  }

  for (const [what, opType, inputs, shape] of [
    ['a constant along the width', 'Mul', ['c', 's'], [6]],
    ['one that broadens the output', 'Add', ['c', 's'], [1, 1, 8, 1, 1]],
    ['a constant divided by the output', 'Div', ['s', 'c'], [8, 1, 1]],
    ['the output twice', 'Add', ['c', 'c'], [1]],
  ] as const) {
    it(`${what} stays`, async () => {
      const model = convolution((b) => b.initializer('s', 'float', shape).node(opType, inputs, 'y')).model();
      assert.ok(operators(await simplify(model)).includes(opType));
    });
  }

  it('broadcasting as before opset 7 is not guessed', () =>
    untouched(
      `g (float[1, 2, 3, 3] x) => (float[1, 1, 3, 3] y) <float[1, 2, 1, 1] w = {1, 2}, float[1] s = {2}> {
        c = Conv (x, w) y = Mul <axis = 1, broadcast = 1> (c, s)
      }`,
      { opset: 6, irVersion: 4, runs: false },
    ));
});

describe('passes/simplify, pads', () => {
  type Attributes = Parameters<ModelBuilder['node']>[3];
  const padded = (
    pads: readonly number[],
    attributes: Attributes = {},
    conv: Attributes = { pads: [1, 0, 0, 2] },
  ): ModelBuilder =>
    build({ inputs: image })
      .initializer('p', 'int64', [8], pads)
      .initializer('w', 'float', [2, 4, 3, 3])
      .node('Pad', ['x', 'p'], 'a', attributes)
      .node('Conv', ['a', 'w'], 'y', conv)
      .output('y', 'float');

  it('zeros around become the pads of the Conv', async () => {
    const result = await simplify(padded([0, 0, 1, 2, 0, 0, 3, 0]).model());
    assert.deepEqual(operators(result), ['Conv']);
    assert.deepEqual([...result.model.graph.nodes()][0]!.ints('pads'), [2, 2, 3, 2]);
  });

  it('other pads stay', async () => {
    for (const model of [
      padded([0, 0, 1, 1, 0, 0, 1, 1], { mode: 'reflect' }),
      padded([0, 0, -1, 0, 0, 0, 0, 0]),
      padded([0, 0, 1, 1, 0, 0, 1, 1], {}, { auto_pad: 'SAME_UPPER' }),
    ]) {
      assert.deepEqual(operators(await simplify(model.model())), ['Pad', 'Conv']);
    }
  });

  it('a pad along given axes stays (opset 18)', () =>
    untouched(
      `g (float[1, 1, 3, 3] x) => (float[1, 1, 5, 3] y) <float[1, 1, 1, 1] w = {2}, int64[2] p = {1, 1}, int64[1] a = {2}> {
        b = Pad (x, p, , a) y = Conv (b, w)
      }`,
      { opset: 18 },
    ));
});

describe('passes/simplify, matrix products', () => {
  const product = (bias: readonly number[], x: readonly (string | number)[] = ['N', 8]): ModelBuilder =>
    build({ inputs: { x: ['float', x] } })
      .matMul('x', 'c', [8, 5])
      .initializer('b', 'float', bias)
      .node('Add', ['b', 'c'], 'y')
      .output('y', 'float');

  it('MatMul and Add are a Gemm where both are of a matrix', async () => {
    for (const bias of [[5], [1, 5]]) {
      assert.deepEqual(operators(await simplify(product(bias).model(), { dims: { N: 3 } })), ['Gemm']);
    }
    for (const model of [product([1]), product([1, 1, 5]), product([5], ['N', 2, 8])]) {
      assert.deepEqual(operators(await simplify(model.model())), ['MatMul', 'Add']);
    }
  });
});
