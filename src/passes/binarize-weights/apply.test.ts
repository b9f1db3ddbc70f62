import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build, type ModelBuilder } from '../../../test/support/models';
import { floatsOf, lines, optimizedOperators, runModel, runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { Tensor } from '../../graph/tensor';
import { parseModel } from '../../graph/text/parse';
import { encodeModel } from '../../graph/toOnnx';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { channelLayout } from '../../numerics/quantize';
import { Random } from '../../numerics/random';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { binarize } from './binary';
import { declaration } from './declaration';

const pass = { declaration, apply };

/** Three convolutions: only the one in the middle is no end. */
const network = (): ModelBuilder =>
  build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
    .conv('x', 'a', { channels: 16, inputChannels: 8, name: 'first' })
    .relu('a', 'b')
    .conv('b', 'c', { channels: 16, inputChannels: 16, name: 'middle' })
    .relu('c', 'd')
    .conv('d', 'y', { channels: 16, inputChannels: 16, name: 'last' })
    .output('y');

/** α·sign(W), by the definition. */
function expected(tensor: Tensor, axis: number | undefined): Float32Array {
  const values = toFloat32(tensor.dataType, tensor.bytes(), tensor.size);
  const { channels, inner } = channelLayout(tensor.shape, axis);
  const of = (i: number): number => Math.floor(i / inner) % channels;
  const sums = new Array<number>(channels).fill(0);
  values.forEach((x, i) => (sums[of(i)]! += Math.abs(x)));
  const alpha = sums.map((sum) => sum / (values.length / channels));
  return values.map((x, i) => (x < 0 ? -1 : 1) * alpha[of(i)]!);
}

/** The float model with binary weights written out. */
function reference(model: Model, weights: Readonly<Record<string, number | undefined>>): Model {
  for (const [name, axis] of Object.entries(weights)) {
    const value = model.graph.initializers.get(name)!;
    const { shape } = value.constant!;
    const floats = expected(value.constant!, axis);
    model.graph.setInitializer(value, Tensor.ofBytes(name, 'float', shape, bytesOf(floats)));
  }
  return model;
}

async function assertSame(actual: Model, wanted: Model): Promise<void> {
  const feeds = randomFeeds(inputPorts(wanted), { seed: 3 });
  const [a, b] = [await runModel(actual, feeds), await runModel(wanted, feeds)];
  for (const name of Object.keys(b)) {
    const [x, y] = [floatsOf(a[name]), floatsOf(b[name])];
    const top = Math.max(...y.map(Math.abs));
    y.forEach((value, i) => assert.ok(Math.abs(value - x[i]!) <= 1e-5 * top, `${name} ${i}: ${x[i]} ${value}`));
  }
}

describe('passes/binarize-weights', () => {
  it('stores signs and one scale per channel, and the runtime folds what restores them', async () => {
    const { model, changed, skipped, notes } = await runPass(pass, network().model());
    assert.deepEqual(
      changed.map(({ node, opType, what, bytesBefore, bytesAfter }) => ({
        node,
        opType,
        what,
        bytesBefore,
        bytesAfter,
      })),
      [
        {
          node: 'middle',
          opType: 'Conv',
          what: 'float32 → 1 bit per channel (axis 0)',
          bytesBefore: 16 * 144 * 4,
          bytesAfter: (16 * 144) / 8 + 16 * 4,
        },
      ],
    );
    assert.deepEqual(
      skipped.map(({ node, reason }) => `${node}: ${reason}`),
      ['first', 'last'].map((node) => `${node}: It is a first or last layer. (Option "keepEnds".)`),
    );
    assert.match(notes.join(), /trained with them/);
    assert.deepEqual(lines(model.graph).slice(2, 8), [
      'Cast<int32>(middle.weight_quantized) -> middle.weight_Cast_Output',
      'Gather(unpack_1_bits, middle.weight_Cast_Output) -> middle.weight_Gather_Output',
      'Reshape(middle.weight_Gather_Output, middle.weight_blocks) -> middle.weight_Reshape_Output',
      'Mul(middle.weight_Reshape_Output, middle.weight_scale) -> middle.weight_Mul_Output',
      'Reshape(middle.weight_Mul_Output, middle.weight_shape) -> middle.weight_Reshape_Output_1',
      'Conv(b, middle.weight_Reshape_Output_1, middle.bias) -> c',
    ]);
    await assertSame(model, reference(network().model(), { 'middle.weight': 0 }));
    assert.deepEqual(await optimizedOperators(model), await optimizedOperators(network().model()));
  });

  it('knows the channels of every layer, and pads the last byte', async () => {
    const make = (): Model =>
      build({ inputs: { x: ['float', [3, 37]] } })
        .matMul('x', 'a', [37, 31], { name: 'right' })
        .gemm('a', 'b', [31, 41], { name: 'transposed' })
        .initializer('shape', 'int64', [4], [3, 41, 1, 1])
        .node('Reshape', ['b', 'shape'], 'c')
        .initializer('up', 'float', [41, 7, 3, 3])
        .node('ConvTranspose', ['c', 'up'], 'y', {}, { name: 'up' })
        .output('y')
        .model();
    const { model, changed } = await runPass(pass, make(), { options: { keepEnds: false } });
    assert.deepEqual(
      changed.map(({ node, what }) => [node, what]),
      [
        ['right', 'float32 → 1 bit per channel (axis 1)'],
        ['transposed', 'float32 → 1 bit per channel (axis 0)'],
        ['up', 'float32 → 1 bit per channel (axis 1)'],
      ],
    );
    await assertSame(model, reference(make(), { 'right.weight': 1, 'transposed.weight': 0, up: 1 }));
    assert.equal([...model.graph.initializers.keys()].filter((name) => name.startsWith('unpack_')).length, 1);
  });

  it('finds the scale that is closest: the account is exact, any other α is further away', () => {
    const values = new Random(4).normals(16 * 64);
    const tensor = Tensor.ofBytes('w', 'float', [16, 64], bytesOf(values));
    const { scales, noise } = binarize(tensor, 0);
    const error = (factor: number): number =>
      values.reduce((sum, x, i) => sum + (x - Math.sign(x) * scales[Math.floor(i / 64)]! * factor) ** 2, 0);
    assert.ok(Math.abs(error(1) - noise.noise) < 1e-3 * noise.noise);
    assert.ok(error(1) < error(0.97) && error(1) < error(1.03));
  });

  it('leaves alone what is excluded, small, an embedding too, or not finite', async () => {
    const values = new Float32Array(64 * 64).fill(1);
    values[7] = Infinity;
    const builder = build({ inputs: { x: ['float', [2, 64]], i: ['int64', [2]] } })
      .matMul('x', 'a', [64, 64], { name: 'excluded' })
      .matMul('a', 'b', [64, 8], { name: 'small' })
      .matMul('b', 'c', [8, 512], { name: 'good' })
      .initializer('table', 'float', [64, 512])
      .node('Gather', ['table', 'i'], 'rows', {}, { name: 'embedding' })
      .node('Gemm', ['c', 'table'], 'd', { transB: 1 }, { name: 'tied' })
      .initializer('bad', 'float', [64, 64], values)
      .node('MatMul', ['d', 'bad'], 'y', {}, { name: 'infinite' })
      .output('y')
      .output('rows');
    const options = { keepEnds: false, exclude: ['exc*'] };
    const { changed, skipped } = await runPass(pass, builder.model(), { options });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['good'],
    );
    assert.deepEqual(Object.fromEntries(skipped.map(({ node, reason }) => [node, reason])), {
      excluded: 'Excluded by name.',
      small: 'Its weight has 512 elements: too few to save anything.',
      tied: 'Its weight is an embedding as well.',
      infinite: 'Its weight holds NaN or infinities.',
    });
  });

  it('raises old models, and works in bodies and functions', async () => {
    const old = build({ opset: 8, inputs: { x: ['float', [2, 64]] } })
      .matMul('x', 'y', [64, 64], { name: 'fc' })
      .output('y')
      .model();
    const raised = await runPass(pass, old, { options: { keepEnds: false } });
    assert.equal(raised.model.opset, 10);
    assert.match(raised.notes[0]!, /Raised from opset 8 to 10/);
    const values = Array.from({ length: 1024 }, (_, i) => Math.sin(i).toFixed(3)).join(', ');
    const text = `<ir_version: 8, opset_import: ["": 17, "local": 1]>
      g (float[2, 32] x, bool c) => (float[2, 32] y) {
        t = local.dense (x)
        y = If (c) <then_branch: graph = a () => (float[2, 32] u) <float[32, 32] w = {${values}}> { u = MatMul (t, w) },
                    else_branch: graph = b () => (float[2, 32] v) { v = Identity (t) }>
      }
      <domain: "local", opset_import: ["": 17]>
      dense (a) => (b) { v = Constant <value = float[32, 32] {${values}}> ()  b = MatMul (a, v) }`;
    const { changed, model } = await runPass(pass, parseModel(text), { options: { keepEnds: false } });
    assert.equal(changed.length, 2);
    await runModel(model, {
      x: { dataType: 'float', shape: [2, 32], data: new Random(1).normals(64) },
      c: { dataType: 'bool', shape: [], data: Uint8Array.of(1) },
    });
  });

  it('makes weights thirty times smaller: a real model', async function () {
    const models = sharedFolder('the size of a binary cifar_resnet', 'models');
    if (!models) return this.skip();
    const model = readModel(join(models, 'cifar_resnet.onnx'));
    const { model: result, changed } = await runPass(pass, model);
    const [before, after] = [changed, changed].map((list, i) =>
      list.reduce((sum, layer) => sum + (i === 0 ? layer.bytesBefore! : layer.bytesAfter!), 0),
    );
    const files = [encodeModel(model).length, encodeModel(result).length];
    say(`${changed.length} layers, weights ${before} → ${after} bytes, file ${files.join(' → ')}`);
    assert.ok(before! / after! > 28);
  });
});
