import assert from 'node:assert/strict';
import { type Model } from '../../graph/model';
import { toNumbers } from '../../numerics/elements';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { floatsOf, runModel, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { tensorOf } from '../../../test/support/tensors';
import { apply } from './apply';
import { declaration } from './declaration';
import { blockMask, freeMasks, runMask, thresholdMask } from './masks';

const pass = { declaration, apply };
type Options = NonNullable<NonNullable<Parameters<typeof runPass<typeof declaration.options>>[2]>['options']>;

const prune = (model: Model, options: Options = {}): Promise<PassResult> => runPass(pass, model, { options });

const weight = (model: Model, name: string): number[] => {
  const { constant } = model.graph.initializers.get(name)!;
  return toNumbers(constant!.dataType, constant!.bytes(), constant!.size);
};

const zeros = (values: readonly number[]): number => values.filter((value) => value === 0).length;

const network = (): Model =>
  build({ inputs: { x: ['float', [1, 8, 6, 6]] } })
    .conv('x', 'a', { channels: 16, inputChannels: 8, pad: 1, name: 'c1' })
    .relu('a', 'r')
    .conv('r', 'b', { channels: 16, inputChannels: 16, pad: 1, group: 2, name: 'c2' })
    .node('GlobalAveragePool', ['b'], 'p')
    .node('Flatten', ['p'], 'f')
    .matMul('f', 'm', [16, 40], { name: 'm' })
    .gemm('m', 'y', [40, 10], { name: 'g' })
    .output('y')
    .model();

describe('passes/prune-weights', () => {
  it('zeroes exactly the share that was asked for, in each layer or over all', async () => {
    const model = network();
    const names = ['c1.weight', 'c2.weight', 'm.weight', 'g.weight'];
    const { model: each, changed, notes } = await prune(model, { sparsity: 0.7 });
    for (const name of names) {
      const [before, after] = [weight(model, name), weight(each, name)];
      assert.equal(zeros(after), Math.floor(0.7 * after.length), name);
      const largest = Math.max(...before.filter((_, i) => after[i] === 0).map(Math.abs));
      assert.ok(
        after.every((value, i) => value === 0 || (value === before[i] && Math.abs(value) >= largest)),
        name,
      );
    }
    assert.deepEqual(
      changed.map(({ node, what }) => `${node}: ${what}`),
      ['c1: 70.0 % zeros', 'c2: 70.0 % zeros', 'm: 70.0 % zeros', 'g: 70.0 % zeros'],
    );
    for (const { removed } of changed) {
      const [{ unit, before, after }] = removed as [NonNullable<typeof removed>[number]];
      assert.ok(unit === 'weights' && Math.abs(after / before - 0.3) < 0.01, `${after} of ${before}`);
    }
    assert.match(notes[0]!, /^CPUs gain nothing/);
    assert.match(notes[1]!, /^Compressed .* take 0\.00\d+ MB where they took 0\.01/);
    const { model: all } = await prune(model, { sparsity: 0.7, scope: 'global' });
    const [before, after] = [model, all].map((each) => names.flatMap((name) => weight(each, name)));
    assert.equal(zeros(after!), Math.floor(0.7 * after!.length));
    assert.ok(
      Math.max(...before!.filter((_, i) => after![i] === 0).map(Math.abs)) <=
        Math.min(...after!.filter(Boolean).map(Math.abs)),
    );
    assert.ok((await sqnrOfOutputs(model, (await prune(model, { sparsity: 0.1 })).model))[0]! > 20);
  });

  it('keeps patterns along the inputs: 2:4, 4:8, blocks, thresholds', async () => {
    const model = network();
    const { model: pruned } = await prune(model, { pattern: '2:4' });
    // MatMul stores inputs × outputs: the runs go down a column.
    const product = weight(pruned, 'm.weight');
    for (let o = 0; o < 40; o++) {
      for (let i = 0; i < 16; i += 4) assert.equal(zeros([0, 1, 2, 3].map((k) => product[(i + k) * 40 + o]!)), 2);
    }
    const gemm = weight(pruned, 'g.weight');
    for (let i = 0; i < gemm.length; i += 4) assert.equal(zeros(gemm.slice(i, i + 4)), 2);
    const blocks = weight((await prune(model, { pattern: 'block', blockSize: 4, sparsity: 0.5 })).model, 'm.weight');
    assert.equal(zeros(blocks), 320);
    for (let i = 0; i < 16; i += 4) {
      for (let o = 0; o < 40; o += 4) {
        const block = Array.from({ length: 16 }, (_, k) => blocks[(i + (k >> 2)) * 40 + o + (k & 3)]!);
        assert.ok([0, 16].includes(zeros(block)));
      }
    }
    const cut = weight((await prune(model, { scope: 'threshold', threshold: 0.1 })).model, 'm.weight');
    assert.ok(zeros(cut) > 0 && cut.every((value) => value === 0 || Math.abs(value) >= 0.1));
  });

  it('looks at inputs where there is data', async () => {
    // Inputs 0 to 31 are loud, the others are not: their weights go although they are larger.
    const values = Float32Array.from({ length: 64 * 16 }, (_, i) => (i < 32 * 16 ? 0.5 : 1));
    const model = build({ inputs: { x: ['float', [1, 64]] } })
      .constant(tensorOf('w', 'float', [64, 16], values))
      .node('MatMul', ['x', 'w'], 'y', {}, { name: 'm' })
      .output('y')
      .model();
    const random = seeded(3);
    const rows = Array.from({ length: 8 }, () => {
      const data = normals(random, 64).map((value, i) => (i < 32 ? 10 * value : value));
      return { x: { dataType: 'float' as const, shape: [1, 64], data } };
    });
    const data = sourceOf(rows);
    const context = { runtime: await loadOrt(), data };
    const seen = weight((await runPass(pass, model, { context })).model, 'w');
    const blind = weight((await runPass(pass, model, { context, options: { importance: 'magnitude' } })).model, 'w');
    assert.equal(zeros(seen.slice(32 * 16)), 512);
    assert.equal(zeros(blind.slice(0, 32 * 16)), 512);
    await assert.rejects(prune(model, { importance: 'wanda' }), { code: 'usage' });
  });

  it('stores sparse what is smaller so, and the runtime reads it', async () => {
    const model = network();
    const dense = await prune(model, { sparsity: 0.9 });
    const sparse = await prune(model, { sparsity: 0.9, sparseStorage: true });
    assert.deepEqual(
      sparse.model.graph.sparseInitializers.map(({ value }) => value.name),
      ['c1.weight', 'c2.weight', 'm.weight', 'g.weight'],
    );
    assert.ok(sparse.changed.every(({ bytesBefore, bytesAfter }) => bytesAfter! < 0.4 * bytesBefore!));
    const [a, b] = [await runModel(dense.model), await runModel(sparse.model)];
    assert.deepEqual(floatsOf(b.y), floatsOf(a.y));
    assert.equal((await prune(model, { sparsity: 0.3, sparseStorage: true })).model.graph.sparseInitializers.length, 0);
  });

  it('leaves excluded and small weights, with the reason; prunes recurrent layers and shared weights once', async () => {
    const model = build({ inputs: { x: ['float', [5, 1, 16]] } })
      .initializer('w', 'float', [1, 64, 16])
      .initializer('r', 'float', [1, 64, 16])
      .node('LSTM', ['x', 'w', 'r'], ['', 'h'], { hidden_size: 16 }, { name: 'lstm' })
      .initializer('shared', 'float', [16, 16])
      .node('MatMul', ['h', 'shared'], 'a', {}, { name: 'first' })
      .node('MatMul', ['a', 'shared'], 'b', {}, { name: 'second' })
      .matMul('b', 'c', [16, 4], { name: 'small' })
      .matMul('b', 'd', [16, 20], { name: 'kept' })
      .output('c')
      .output('d')
      .model();
    const { model: result, changed, skipped } = await prune(model, { exclude: ['kept'] });
    assert.deepEqual(
      changed.map(({ node, what }) => `${node}: ${what}`),
      ['lstm: 50.0 % zeros; 50.0 % zeros', 'first: 50.0 % zeros'],
    );
    assert.equal(zeros(weight(result, 'shared')), 128);
    assert.deepEqual(
      skipped.map(({ node, reason }) => `${node}: ${reason}`),
      ['small: Its weight has 64 elements: too few to be worth it.', 'kept: Excluded by name.'],
    );
  });

  it('masks what it should', () => {
    const scored = (scores: readonly number[], columns: number) => ({
      scores: Float32Array.from(scores),
      rows: scores.length / columns,
      columns,
    });
    assert.deepEqual(
      freeMasks([scored([1, 1, 1, 2], 4), scored([0, 3], 2)], 0.5).map((mask) => [...mask]),
      [
        [0, 0, 1, 1],
        [0, 1],
      ],
    );
    assert.deepEqual([...runMask(scored([4, 1, 2, 3, 9, 8, 1, 1, 5, 6], 5), 2, 4)], [1, 0, 0, 1, 1, 1, 0, 0, 1, 1]);
    assert.deepEqual([...blockMask(scored([1, 1, 5, 1, 1, 5], 3), 2, 0.7)], [0, 0, 1, 0, 0, 1]);
    assert.deepEqual([...thresholdMask(scored([1, 2, 3], 3), 2)], [0, 1, 1]);
  });
});
