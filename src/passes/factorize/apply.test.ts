import assert from 'node:assert/strict';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { toFloat64 } from '../../numerics/elements';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { type PassResult } from '../../pass/result';
import { profileModel } from '../../profile/profile';
import { loadOrt } from '../../runtime/ort';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { build, type ModelBuilder } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { floatsOf, lines, runModel, runPass } from '../../../test/support/runPass';
import { tensorOf } from '../../../test/support/tensors';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };
type Options = NonNullable<NonNullable<Parameters<typeof runPass<typeof declaration.options>>[2]>['options']>;

const factorize = async (model: Model, options: Options = {}): Promise<PassResult> => {
  const context = { runtime: await loadOrt() };
  return runPass(pass, model, { options: { measure: false, ...options }, context, idempotent: false });
};

/** A weight of the given rank plus a little noise, outputs × inputs (× kernel). */
function lowRankWeight(builder: ModelBuilder, name: string, shape: readonly number[], rank: number, noise = 0): void {
  const random = seeded(9);
  const [outputs = 1, ...rest] = shape;
  const inputs = rest.reduce((product, dim) => product * dim, 1);
  const [left, right] = [normals(random, outputs * rank), normals(random, rank * inputs)];
  const values = normals(random, outputs * inputs, noise / Math.sqrt(inputs));
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left[o * rank + k]! * right[k * inputs + i]!;
      values[o * inputs + i]! += sum / Math.sqrt(inputs * rank);
    }
  }
  builder.constant(tensorOf(name, 'float', shape, values));
}

/** SQNR in dB of the outputs on the same random inputs. */
async function agreement(before: Model, after: Model): Promise<number> {
  const feeds = randomFeeds(inputPorts(before, { n: 2 }), { dims: { n: 2 }, seed: 3 });
  const [a, b] = [await runModel(before, feeds), await runModel(after, feeds)];
  const [name] = Object.keys(a);
  assert.deepEqual(a[name!]!.shape, b[name!]!.shape);
  return sqnrDb(differencePower(floatsOf(a[name!]), floatsOf(b[name!])));
}

const macsOf = (model: Model): number => Number(profileModel(model, { dims: {} }).model.macs);

const nodeNamed = (model: Model, name: string): Node => [...model.graph.nodes()].find((node) => node.name === name)!;

describe('passes/factorize', () => {
  it('turns a product of low rank into two, and keeps names, bias and outputs', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 96]] } });
    lowRankWeight(builder, 'w', [96, 128], 16);
    lowRankWeight(builder, 'v', [64, 128], 16);
    const model = builder
      .initializer('b', 'float', [64])
      .node('MatMul', ['x', 'w'], 'h', {}, { name: 'up' })
      .relu('h', 'r')
      .node('Gemm', ['r', 'v', 'b'], 'y', { transB: 1, alpha: { kind: 'float', value: 0.5 } }, { name: 'down' })
      .output('y')
      .model();
    const { model: result, changed, notes } = await factorize(model, { ratio: 0.4 });
    assert.deepEqual(lines(result.graph), [
      'MatMul(x, w_factor1) -> h_factor1',
      'MatMul(h_factor1, w_factor2) -> h',
      'Relu(h) -> r',
      'MatMul(r, v_factor1) -> y_factor1',
      'Gemm(y_factor1, v_factor2, b) -> y',
    ]);
    assert.ok((await agreement(model, result)) > 100);
    assert.deepEqual(
      changed.map(({ node, bytesBefore, bytesAfter }) => [node, bytesBefore, bytesAfter]),
      [
        ['up', 96 * 128 * 4, 16 * (96 + 128) * 4],
        ['down', 64 * 128 * 4, 16 * (64 + 128) * 4],
      ],
    );
    assert.match(changed[0]!.what, /^rank 16; /);
    assert.deepEqual(changed[1]!.removed, [{ unit: 'ranks', before: 64, after: 16 }]);
    assert.match(notes[0]!, /^32\.\d % of the multiply-accumulates remain/);
  });

  const conv = { opset: 17, inputs: { x: ['float', ['n', 32, 13, 11]] } } as const;
  const window = { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 0, 1, 2], dilations: [1, 2] };

  for (const [scheme, kinds] of [
    ['svd', ['3x3', '1x1']],
    ['spatial', ['3x1', '1x3']],
    ['tucker', ['1x1', '3x3', '1x1']],
  ] as const) {
    it(`factorizes a strided, dilated, unevenly padded convolution exactly when its rank allows (${scheme})`, async () => {
      const builder = build(conv);
      // Outer product of a 32→8 mixing, 3×1 and 1×3 filters and an 8→48 mixing is low rank for every scheme.
      const random = seeded(4);
      const [up, down, row, column] = [
        normals(random, 48 * 8),
        normals(random, 8 * 32),
        normals(random, 24),
        normals(random, 24),
      ];
      const values = new Float32Array(48 * 32 * 9);
      for (let o = 0; o < 48; o++) {
        for (let i = 0; i < 32; i++) {
          for (let t = 0; t < 9; t++) {
            for (let k = 0; k < 8; k++) {
              const filter = column[k * 3 + Math.floor(t / 3)]! * row[k * 3 + (t % 3)]!;
              values[(o * 32 + i) * 9 + t]! += (up[o * 8 + k]! * filter * down[k * 32 + i]!) / 30;
            }
          }
        }
      }
      const model = builder
        .constant(tensorOf('w', 'float', [48, 32, 3, 3], values))
        .initializer('b', 'float', [48])
        .node('Conv', ['x', 'w', 'b'], 'y', window, { name: 'c' })
        .output('y')
        .model();
      const { model: result, changed } = await factorize(model, { ratio: 0.6, scheme, multipleOf: 8 });
      const kernels = [...result.graph.nodes()].map((node) => node.ints('kernel_shape')!.join('x'));
      assert.deepEqual(kernels, [...kinds]);
      assert.ok((await agreement(model, result)) > 100, 'the outputs differ');
      assert.ok(macsOf(result) <= 0.6 * macsOf(model));
      assert.equal(changed.length, 1);
      assert.deepEqual(
        nodeNamed(result, 'c')
          .inputs.map((value) => value?.name)
          .slice(2),
        ['b'],
      );
    });
  }

  it('factorizes grouped convolutions group by group, with automatic padding', async () => {
    const builder = build(conv);
    const random = seeded(6);
    // Two groups of rank 4 in space.
    const values = new Float32Array(64 * 16 * 9);
    for (let g = 0; g < 2; g++) {
      const [h, v] = [normals(random, 32 * 4 * 3), normals(random, 4 * 16 * 3)];
      for (let o = 0; o < 32; o++)
        for (let i = 0; i < 16; i++)
          for (let a = 0; a < 3; a++)
            for (let b = 0; b < 3; b++)
              for (let k = 0; k < 4; k++)
                values[((g * 32 + o) * 16 + i) * 9 + a * 3 + b]! +=
                  (h[(o * 4 + k) * 3 + b]! * v[(k * 16 + i) * 3 + a]!) / 9;
    }
    const model = builder
      .constant(tensorOf('w', 'float', [64, 16, 3, 3], values))
      .node('Conv', ['x', 'w'], 'y', { group: 2, strides: [1, 2], auto_pad: 'SAME_LOWER' }, { name: 'c' })
      .output('y')
      .model();
    const { model: result } = await factorize(model, { ratio: 0.4, scheme: 'spatial', multipleOf: 4 });
    const [first, second] = [...result.graph.nodes()];
    assert.deepEqual([first!.int('group'), second!.int('group')], [2, 2]);
    assert.deepEqual(first!.output(0)!.consumers(), [second]);
    assert.ok((await agreement(model, result)) > 100);
  });

  it('picks the scheme that fits the weights, and meets the ratio', async () => {
    const builder = build({ inputs: { x: ['float', [1, 64, 10, 10]] } });
    lowRankWeight(builder, 'w1', [64, 64, 3, 3], 20, 0.05);
    const model = builder
      .node('Conv', ['x', 'w1'], 'h', { pads: [1, 1, 1, 1] }, { name: 'c1' })
      .conv('h', 'y', { channels: 64, inputChannels: 64, pad: 1, name: 'c2' })
      .output('y')
      .model();
    for (const ratio of [0.8, 0.5, 0.3]) {
      const { model: result, changed } = await factorize(model, { ratio, multipleOf: 8 });
      const left = macsOf(result) / macsOf(model);
      assert.ok(left <= ratio && left > ratio - 0.12, `${left} at ${ratio}`);
      // The first layer is of low rank in its outputs: it goes first, and that way.
      assert.match(changed[0]!.what, /^3x3 to (16|24|32), 1x1/);
    }
  });

  it('chooses ranks by energy and by error', async () => {
    const builder = build({ inputs: { x: ['float', [1, 128]] } });
    lowRankWeight(builder, 'w', [128, 128], 24, 0.1);
    const model = builder.node('MatMul', ['x', 'w'], 'y', {}, { name: 'm' }).output('y').model();
    const whats = [];
    for (const options of [
      { rankBy: 'energy', energy: 0.99 },
      { rankBy: 'error', maxError: 0.3 },
    ] as const) {
      whats.push((await factorize(model, { ...options, multipleOf: 8 })).changed[0]!.what);
    }
    assert.match(whats[0]!, /^rank 24;/);
    assert.match(whats[1]!, /^rank (8|16);/);
    const none = await factorize(model, { rankBy: 'energy', energy: 0.9999, multipleOf: 8 });
    assert.deepEqual(none.changed, []);
  });

  it('finds the rank that stands out of noise (EVBMF)', async () => {
    const builder = build({ inputs: { x: ['float', [1, 128]] } });
    lowRankWeight(builder, 'w', [128, 128], 22, 0.1);
    const model = builder.node('MatMul', ['x', 'w'], 'y', {}, { name: 'm' }).output('y').model();
    const { changed } = await factorize(model, { rankBy: 'evbmf', multipleOf: 8 });
    assert.match(changed[0]!.what, /^rank 24;/);
  });

  it('leaves what gains nothing, each with its reason', async () => {
    const model = build({ inputs: { x: ['float', [1, 32, 8, 8]] } })
      .conv('x', 'a', { channels: 32, inputChannels: 32, pad: 1, group: 32, name: 'depthwise' })
      .conv('a', 'b', { channels: 32, inputChannels: 32, kernel: 1, name: 'small' })
      .conv('b', 'c', { channels: 32, inputChannels: 32, pad: 1, name: 'kept' })
      .initializer('tiny', 'float', [8, 8])
      .node('MatMul', ['c', 'tiny'], 'd', {}, { name: 'product' })
      .node('MatMul', ['d', 'd'], 'y', {}, { name: 'activations' })
      .output('y')
      .model();
    const { changed, skipped } = await factorize(model, { exclude: ['kept'], ratio: 0.9, maxError: 0.0001 });
    assert.deepEqual(changed, []);
    assert.deepEqual(
      skipped.map(({ node, reason }) => [node, reason.split(/[.:]/)[0]]),
      [
        ['depthwise', 'Depthwise'],
        ['kept', 'Excluded by name'],
        ['product', 'Its weight has 64 elements'],
        ['small', 'No rank makes it cheaper and keeps within the error allowed'],
      ],
    );
  });

  it('merges pairs whose product is cheaper, exactly', async () => {
    const model = build({ inputs: { x: ['float', [1, 12, 7, 7]] } })
      .conv('x', 'a', { channels: 40, inputChannels: 12, pad: 1, stride: 2, name: 'wide' })
      .conv('a', 'b', { channels: 20, inputChannels: 40, kernel: 1, name: 'mix' })
      .conv('b', 'c', { channels: 30, inputChannels: 20, kernel: 1, bias: false, name: 'open' })
      .conv('c', 'd', { channels: 10, inputChannels: 30, pad: 1, name: 'close' })
      .node('GlobalAveragePool', ['d'], 'p')
      .node('Flatten', ['p'], 'f')
      .matMul('f', 'g', [10, 48], { name: 'up' })
      .gemm('g', 'y', [48, 12], { name: 'down' })
      .output('y')
      .model();
    const { model: result, changed } = await factorize(model, { ratio: 0.99, exclude: ['nothing'] });
    assert.deepEqual(
      [...result.graph.nodes()].map(({ name }) => name),
      ['mix', 'close', 'GlobalAveragePool_p', 'Flatten_f', 'down'],
    );
    assert.match(changed[0]!.what, /^merged with wide: cheaper as one layer$/);
    assert.ok((await agreement(model, result)) > 100);
    const kept = await factorize(model, { ratio: 0.99, merge: false });
    assert.equal(kept.changed.filter(({ what }) => what.startsWith('merged')).length, 0);
  });

  it('measures layers, and leaves those that do not get faster', async () => {
    const model = build({ inputs: { x: ['float', [1, 256]] } })
      .initializer('w', 'float', [256, 256])
      .node('MatMul', ['x', 'w'], 'h', {}, { name: 'a' })
      .output('h')
      .model();
    const { changed, skipped } = await factorize(model, { ratio: 0.5, measure: true });
    const said = [
      ...changed.map(({ latencyAfterMs }) => latencyAfterMs !== undefined),
      ...skipped.map(({ reason }) => /^Not faster here: rank \d+ takes .* → .* .s\.$/.test(reason)),
    ];
    assert.deepEqual(said, [true]);
  });

  it('is as good as the best approximation of that rank', async () => {
    const model = build({ inputs: { x: ['float', [1, 160]] } })
      .initializer('w', 'float', [160, 200])
      .node('MatMul', ['x', 'w'], 'y', {}, { name: 'm' })
      .output('y')
      .model();
    const { model: result, changed } = await factorize(model, { ratio: 0.6 });
    const read = (name: string): Float64Array => {
      const { constant } = result.graph.initializers.get(name)!;
      return toFloat64('float', constant!.bytes(), constant!.size);
    };
    const [first, second] = [read('w_factor1'), read('w_factor2')];
    const rank = first.length / 160;
    const { constant } = model.graph.initializers.get('w')!;
    const w = toFloat64('float', constant!.bytes(), constant!.size);
    let [noise, signal] = [0, 0];
    for (let i = 0; i < 160; i++) {
      for (let j = 0; j < 200; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += first[i * rank + k]! * second[k * 200 + j]!;
        noise += (sum - w[i * 200 + j]!) ** 2;
        signal += w[i * 200 + j]! ** 2;
      }
    }
    // The report is the tail of the exact spectrum: the least that any matrix of that rank can lose.
    const reported = 10 ** (-changed[0]!.weightSqnrDb! / 10);
    assert.ok(Math.abs(noise / signal / reported - 1) < 1e-3);
  });
});
