import assert from 'node:assert/strict';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { floatsOf, runModel, runPass, sqnrOnData } from '../../../test/support/runPass';
import { tensorOf } from '../../../test/support/tensors';
import { apply } from './apply';
import { batchNormOf, renormalize } from './batchNorm';
import { ChannelSums } from './channelSums';
import { declaration } from './declaration';

const pass = { declaration, apply };
const channels = 5;

/** How a network differs from the original. */
interface Damage {
  /** The convolution before the norm puts out gain·y + offset + noise of that share of its weights. */
  readonly gain?: number;
  readonly offset?: number;
  readonly noise?: number;
  /** Channels of the norm that are left. */
  readonly kept?: readonly number[];
}

/** Conv, batch norm, Relu, Conv; the statistics are those of the samples below, about. */
function network({ gain = 1, offset = 0, noise = 0, kept = [0, 1, 2, 3, 4] }: Damage = {}): Model {
  const random = seeded(4);
  const weights = normals(random, channels * 27, 0.3);
  const disturbances = normals(seeded(9), channels * 27, 0.3 * noise);
  const [scale, shift, next] = [normals(random, channels), normals(random, channels), normals(random, 3 * channels)];
  const cut = <T>(values: ArrayLike<T>, size = 1): T[] =>
    kept.flatMap((c) => Array.from({ length: size }, (_, i) => values[c * size + i]!));
  const given = weights.map((value, i) => gain * value + disturbances[i]!);
  const last = [0, 1, 2].flatMap((row) => cut(next.subarray(row * channels, (row + 1) * channels)));
  const n = kept.length;
  return build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
    .constant(tensorOf('w', 'float', [n, 3, 3, 3], cut(given, 27)))
    .constant(tensorOf('b', 'float', [n], cut(new Float32Array(channels).fill(offset))))
    .constant(tensorOf('gamma', 'float', [n], cut(scale)))
    .constant(tensorOf('beta', 'float', [n], cut(shift)))
    .constant(tensorOf('mean', 'float', [n], cut([0.1, -0.1, 0.2, 0, 0.3])))
    .constant(tensorOf('variance', 'float', [n], cut([2.4, 2, 2.6, 1.8, 2.2])))
    .constant(tensorOf('v', 'float', [3, n, 1, 1], last))
    .node('Conv', ['x', 'w', 'b'], 'c', { pads: [1, 1, 1, 1] }, { name: 'conv' })
    .node('BatchNormalization', ['c', 'gamma', 'beta', 'mean', 'variance'], 'n', { epsilon: 1e-3 }, { name: 'norm' })
    .relu('n', 'r')
    .node('Conv', ['r', 'v'], 'y', {}, { name: 'last' })
    .output('n')
    .output('y')
    .model();
}

function images(count = 24): DataSource {
  const random = seeded(3);
  return sourceOf(
    Array.from({ length: count }, () => ({
      x: { dataType: 'float' as const, shape: [1, 3, 8, 8], data: normals(random, 192).map((value) => value + 0.2) },
    })),
  );
}

/** What the norm puts out over all samples: mean and variance of each channel. */
async function statistics(model: Model, data: DataSource): Promise<number[][]> {
  const n: Float32Array[] = [];
  for await (const { feeds } of data.samples()) n.push(floatsOf((await runModel(model, feeds)).n));
  const count = n[0]!.length / 64;
  return Array.from({ length: count }, (_, c) => {
    const values = n.flatMap((each) => [...each.subarray(c * 64, (c + 1) * 64)]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
  });
}

async function recover(original: Model, damaged: Model, options = {}): Promise<PassResult> {
  const context = { runtime: await loadOrt(), data: images(), original };
  // A second refit of the layers gains digits; statistics alone are found at once.
  return runPass(pass, damaged, { options, context, idempotent: 'exclude' in options });
}

const vectorOf = (model: Model, name: string): readonly number[] => [
  ...new Float32Array(model.graph.initializers.get(name)!.constant!.bytes().slice().buffer),
];

/** Why the statistics of its first node cannot be set. */
function reasonFor(model: Model): string {
  const found = batchNormOf([...model.graph.nodes()][0]!, model);
  assert.ok(typeof found === 'string');
  return found;
}

describe('passes/recover, batch norm', () => {
  const onlyNorm = { exclude: ['conv', 'last'] };

  it('estimates the statistics again: channels have the means and variances of the original', async () => {
    const [original, damaged] = [network(), network({ gain: 0.5, offset: 1 })];
    const data = images();
    const { model, changed } = await recover(original, damaged, onlyNorm);
    assert.deepEqual(
      changed.map(({ node, opType }) => [node, opType]),
      [['norm', 'BatchNormalization']],
    );
    assert.match(
      changed[0]!.what,
      /^statistics re-estimated: means moved by up to \d\S* deviations, deviations × 0.5\d* to 1.00$/,
    );
    const [wanted, before, after] = [
      await statistics(original, data),
      await statistics(damaged, data),
      await statistics(model, data),
    ];
    wanted.forEach(([mean, variance], c) => {
      assert.ok(Math.abs(before[c]![0]! - mean!) > 0.01 || Math.abs(before[c]![1]! / variance! - 1) > 0.1);
      assert.ok(Math.abs(after[c]![0]! - mean!) < 1e-4, `mean of channel ${c}`);
      assert.ok(Math.abs(after[c]![1]! / variance! - 1) < 1e-3, `variance of channel ${c}`);
    });
    assert.ok((await sqnrOnData(original, model, data)) > 70);
    // μ' = μ/2 + 1 and σ'² = σ²/4, but for ε.
    [0.1, -0.1, 0.2, 0, 0.3].forEach((mean, c) => {
      assert.ok(Math.abs(vectorOf(model, 'mean')[c]! - (mean / 2 + 1)) < 1e-3);
    });
  });

  it('keeps them on demand, by name, and where they are right', async () => {
    const damage = { gain: 0.5, offset: 1 };
    const kept = await recover(network(), network(damage), { ...onlyNorm, batchNorm: 'keep' });
    assert.deepEqual(kept.changed, []);
    const excluded = await recover(network(), network(damage), { exclude: ['*'] });
    assert.equal(excluded.skipped.find(({ node }) => node === 'norm')?.reason, 'Excluded by name.');
    // The convolution takes the damage back by itself: nothing is left for the statistics.
    const refitted = await recover(network(), network(damage));
    assert.equal(refitted.changed[0]?.node, 'conv');
    assert.match(
      refitted.skipped.find(({ node }) => node === 'norm')!.reason,
      /has the means and variances of the original/,
    );
    assert.deepEqual(vectorOf(refitted.model, 'mean'), vectorOf(network(), 'mean'));
  });

  it('finds the channels that are left by their parameters', async () => {
    const [original, damaged] = [network(), network({ gain: 0.5, offset: 1, kept: [0, 2, 4] })];
    const { model } = await recover(original, damaged, onlyNorm);
    const [wanted, after] = [await statistics(original, images()), await statistics(model, images())];
    [0, 2, 4].forEach((c, index) => assert.ok(Math.abs(after[index]![0]! - wanted[c]![0]!) < 1e-4));
    const other = network({ gain: 0.5, kept: [0, 2, 4] });
    const { graph } = other;
    graph.setInitializer(graph.initializers.get('gamma')!, tensorOf('gamma', 'float', [3], [1, 2, 3]));
    const lost = await recover(original, other, onlyNorm);
    assert.match(lost.skipped.find(({ node }) => node === 'norm')!.reason, /cannot be told from its parameters/);
  });

  it('leaves the variance of channels that run against the original', () => {
    const model = network();
    const norm = batchNormOf([...model.graph.nodes()][1]!, model);
    assert.ok(typeof norm === 'object');
    const [training, validation] = [new ChannelSums(channels), new ChannelSums(channels)];
    const [x, other] = [normals(seeded(1), 400 * channels, 0.1), normals(seeded(2), 400 * channels)];
    // What channel 0 reads says all of its target; the others have the wrong sign and some noise.
    const wanted = (c: number, read: number, noise: number): number =>
      c === 0 ? 3 * Math.sign(norm.scale[0]!) * read : noise - 20 * Math.sign(norm.scale[c]!) * read;
    const targets = other.map((value, i) => 5 + wanted(i % channels, x[i]!, value));
    training.add(x, targets);
    validation.add(x, targets);
    assert.ok(renormalize(norm, training, validation));
    const deviation = Math.abs(norm.scale[0]!) / 3;
    const [first, ...others] = vectorOf(model, 'variance');
    assert.ok(Math.abs(first! - (deviation ** 2 - norm.epsilon)) < 1e-5);
    assert.deepEqual(others, vectorOf(network(), 'variance').slice(1));
    vectorOf(model, 'mean').forEach((mean, c) => assert.notEqual(mean, norm.mean[c]));
  });

  it('keeps the statistics where the outputs are nearer without', async () => {
    // Half as strong before the norm, twice as strong behind it.
    const make = (gain: number): Model =>
      build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
        .constant(
          tensorOf(
            'w',
            'float',
            [2, 3, 1, 1],
            normals(seeded(8), 6).map((value) => gain * value),
          ),
        )
        .constant(tensorOf('u', 'float', [1, 2, 1, 1], [1 / gain, 2 / gain]))
        .initializer('one', 'float', [2], [1, 1])
        .initializer('zero', 'float', [2], [0, 0])
        .node('Conv', ['x', 'w'], 'a', {}, { name: 'conv' })
        .node('BatchNormalization', ['a', 'one', 'zero', 'zero', 'one'], 'n', {}, { name: 'norm' })
        .relu('n', 'r')
        .node('Conv', ['r', 'u'], 'y', {}, { name: 'last' })
        .output('y')
        .model();
    const { changed, skipped } = await recover(make(1), make(0.5), onlyNorm);
    assert.deepEqual(changed, []);
    assert.match(skipped.find(({ node }) => node === 'norm')!.reason, /the outputs were further from the original/);
  });

  it('mends the later norm after the earlier', async () => {
    const two = (gain: number): Model => {
      const builder = build({ inputs: { x: ['float', [1, 3, 8, 8]] } });
      const weights = normals(seeded(8), 12 * 3);
      for (const [name, values] of Object.entries({ g: [1, 1, 2], s: [0, 1, 0], m: [0, 0, 0], v: [1, 4, 1] })) {
        builder.constant(tensorOf(name, 'float', [3], values));
      }
      return builder
        .constant(
          tensorOf(
            'w',
            'float',
            [3, 3, 1, 1],
            weights.subarray(0, 9).map((value) => gain * value),
          ),
        )
        .constant(tensorOf('u', 'float', [3, 3, 1, 1], weights.subarray(9, 18)))
        .node('Conv', ['x', 'w'], 'a', {}, { name: 'c1' })
        .node('BatchNormalization', ['a', 'g', 's', 'm', 'v'], 'p', {}, { name: 'n1' })
        .relu('p', 'q')
        .node('Conv', ['q', 'u'], 'b', {}, { name: 'c2' })
        .node('BatchNormalization', ['b', 'g', 's', 'm', 'v'], 'n', {}, { name: 'n2' })
        .output('n')
        .model();
    };
    const { model, changed, skipped } = await recover(two(1), two(0.25), { exclude: ['c1', 'c2'] });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['n1'],
    );
    // Once the first is right, so is what the second reads; they no longer share their statistics.
    assert.match(skipped.find(({ node }) => node === 'n2')!.reason, /has the means and variances of the original/);
    assert.deepEqual(vectorOf(model, 'v'), [1, 4, 1]);
  });

  it('says what it cannot set', () => {
    const computed = build({ inputs: { x: ['float', [1, 3, 8, 8]], g: ['float', [3]] } })
      .initializer('p', 'float', [3])
      .node('BatchNormalization', ['x', 'g', 'p', 'p', 'p'], 'y')
      .output('y')
      .model();
    assert.match(reasonFor(computed), /computed while the model runs/);
    const batch = build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
      .initializer('p', 'float', [3])
      .node('BatchNormalization', ['x', 'p', 'p', 'p', 'p'], ['y', 'm', 'v'], { training_mode: 1 })
      .output('y')
      .model();
    assert.match(reasonFor(batch), /as in training/);
  });
});
