import assert from 'node:assert/strict';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { sourceOf } from '../../../test/support/feeds';
import { matrixOf } from '../../../test/support/matrices';
import { build, type ModelBuilder } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { lines, runPass, say, sqnrOnData } from '../../../test/support/runPass';
import { tensorOf } from '../../../test/support/tensors';
import { apply } from './apply';
import { declaration } from './declaration';
import { keptRows } from './matching';

const pass = { declaration, apply };

/** Images whose channels are mixtures of a few sources, so that what one channel says others can say for it. */
function images(channels: number, size: number, count = 24): DataSource {
  const random = seeded(11);
  const mixing = normals(random, channels * 3);
  const all = Array.from({ length: count }, () => {
    const sources = normals(random, 3 * size * size);
    const data = normals(random, channels * size * size, 0.1);
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < size * size; p++) {
        data[c * size * size + p]! += 0.5;
        for (let s = 0; s < 3; s++) data[c * size * size + p]! += mixing[c * 3 + s]! * sources[s * size * size + p]!;
      }
    }
    return { x: { dataType: 'float' as const, shape: [1, channels, size, size], data } };
  });
  return sourceOf(all);
}

async function recover(original: Model, damaged: Model, data: DataSource, options = {}): Promise<PassResult> {
  const context = { runtime: await loadOrt(), data, original };
  return runPass(pass, damaged, { options, context, idempotent: false });
}

const input = { inputs: { x: ['float', [1, 6, 8, 8]] } } as const;
/** Rows `kept` of a seeded random weight: what pruning leaves. */
function weight(
  builder: ModelBuilder,
  name: string,
  shape: readonly number[],
  kept: Readonly<Record<number, readonly number[]>> = {},
): void {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = normals(seeded(name.length + size), size, 1 / Math.sqrt(size / shape[0]!));
  const indices = shape.map((dim, axis) => kept[axis] ?? Array.from({ length: dim }, (_, i) => i));
  const cut: number[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) cut.push(values[at]!);
    else for (const index of indices[axis]!) visit(axis + 1, at * shape[axis]! + index);
  };
  visit(0, 0);
  builder.constant(
    tensorOf(
      name,
      'float',
      indices.map((each) => each.length),
      cut,
    ),
  );
}

/** Two convolutions with a depthwise one and a residual sum between; `kept` of 12 channels are left inside. */
function network(kept?: readonly number[]): Model {
  const builder = build(input);
  const [rows, columns] = kept ? [{ 0: kept }, { 1: kept }] : [{}, {}];
  weight(builder, 'first', [12, 6, 3, 3], rows);
  weight(builder, 'first_b', [12], rows);
  weight(builder, 'deep', [12, 1, 3, 3], rows);
  weight(builder, 'second__', [6, 12, 3, 3], columns);
  weight(builder, 'third', [4, 6, 1, 1]);
  return builder
    .node('Conv', ['x', 'first', 'first_b'], 'a', { pads: [1, 1, 1, 1] }, { name: 'c1' })
    .relu('a', 'r')
    .node('Conv', ['r', 'deep'], 'd', { pads: [1, 1, 1, 1], group: kept?.length ?? 12 }, { name: 'c2' })
    .node('Conv', ['d', 'second__'], 'b', { pads: [1, 1, 1, 1] }, { name: 'c3' })
    .node('Add', ['x', 'b'], 's', {}, { name: 'sum' })
    .node('Conv', ['s', 'third'], 'y', {}, { name: 'c4' })
    .output('y')
    .model();
}

describe('passes/recover', () => {
  it('finds channels by their weights', () => {
    const whole = matrixOf(4, 6, normals(seeded(1), 24));
    const part = matrixOf(
      2,
      4,
      [1, 3].flatMap((row) => [0, 1, 4, 5].map((column) => whole.data[row * 6 + column]!)),
    );
    assert.deepEqual(keptRows(part, whole, 2), [1, 3]);
    assert.deepEqual(keptRows(part, whole, 1), [1, 3]);
    part.data[0]! += 1;
    assert.equal(keptRows(part, whole, 2), undefined);
  });

  it('makes up for channels that were taken out', async () => {
    const [original, damaged] = [network(), network([0, 2, 3, 5, 7, 8, 11])];
    const data = images(6, 8);
    const before = await sqnrOnData(original, damaged, data);
    const { model, changed, skipped, notes } = await recover(original, damaged, data);
    const after = await sqnrOnData(original, model, data);
    assert.ok(after > before + 4, `${before.toFixed(1)} dB before, ${after.toFixed(1)} dB after`);
    // c1 gives exactly the channels that are left, and so does the depthwise one.
    assert.deepEqual(lines(model.graph).slice(0, 4), [
      'Conv(x, first, first_b) -> a',
      'Relu(a) -> r',
      'Conv(r, deep) -> d',
      'Conv(d, second__, second___bias) -> b',
    ]);
    assert.equal(changed[0]!.node, 'c3');
    assert.match(changed[0]!.what, /^weights refitted: error at its output \d.* % → \d.* %$/);
    assert.match(notes[0]!, /^Fitted on 24 of 24 samples/);
    assert.ok(skipped.every(({ node }) => node === 'c2' || node === 'c4'));
  });

  it('finds the exact weights again where the inputs tell them', async () => {
    const make = (noise: number): Model => {
      const builder = build({ inputs: { x: ['float', [1, 4, 6, 6]] } });
      const values = normals(seeded(2), 5 * 4 * 9);
      const disturbed = values.map((value, index) => value + noise * Math.sin(index));
      return builder
        .constant(tensorOf('w', 'float', [5, 4, 3, 3], disturbed))
        .constant(
          tensorOf(
            'b',
            'float',
            [5],
            [1, 2, 3, 4, 5].map((value) => value + noise),
          ),
        )
        .node('Conv', ['x', 'w', 'b'], 'h', { strides: [2, 2], pads: [0, 1, 1, 0] }, { name: 'c' })
        .node('Flatten', ['h'], 'f')
        .gemm('f', 'g', [45, 7], { name: 'g' })
        .matMul('g', 'm', [7, 6], { name: 'm' })
        .initializer('shift', 'float', [6])
        .node('Add', ['m', 'shift'], 'y', {}, { name: 'a' })
        .output('y')
        .model();
    };
    const random = seeded(5);
    const rows = Array.from({ length: 40 }, () => ({
      x: { dataType: 'float' as const, shape: [1, 4, 6, 6], data: normals(random, 144) },
    }));
    const fixed = sourceOf(rows);
    const { model, changed } = await recover(make(0), make(0.2), fixed);
    assert.equal(changed[0]!.node, 'c');
    assert.ok((await sqnrOnData(make(0), model, fixed)) > (await sqnrOnData(make(0), make(0.2), fixed)) + 25);
  });

  it('refits the bias where that is all that was lost', async () => {
    const damaged = network();
    const { graph } = damaged;
    graph.setInitializer(
      graph.initializers.get('first_b')!,
      tensorOf('first_b', 'float', [12], normals(seeded(6), 12)),
    );
    const data = images(6, 8, 8);
    const { model, changed } = await recover(network(), damaged, data);
    assert.equal(changed[0]!.node, 'c1');
    assert.match(changed[0]!.what, /^(bias|weights) refitted: error at its output \d.* % → \d.* %$/);
    assert.ok((await sqnrOnData(network(), model, data)) > 60);
  });

  it('learns more of images that it varies, where there are few, and says so', async () => {
    const make = (kept?: readonly number[]): Model => {
      const builder = build({ inputs: { x: ['float', [1, 1, 12, 12]] } });
      weight(builder, 'spread', [8, 1, 3, 3], kept ? { 0: kept } : {});
      weight(builder, 'dense_', [5, 8 * 144], kept ? { 1: kept.flatMap((c) => Array.from({ length: 144 }, (_, p) => 144 * c + p)) } : {});
      return builder
        .node('Conv', ['x', 'spread'], 'a', { pads: [1, 1, 1, 1] }, { name: 'conv' })
        .relu('a', 'r')
        .node('Flatten', ['r'], 'f')
        .node('Gemm', ['f', 'dense_'], 'y', { transB: 1 }, { name: 'dense' })
        .output('y')
        .model();
    }; // prettier-ignore
    // A smooth blob somewhere: what it looks like a pixel further is no news to who has seen it moved.
    const blobs = (seed: number, count: number): DataSource => {
      const random = seeded(seed);
      return sourceOf(
        Array.from({ length: count }, () => {
          const [y, x] = [3 + 6 * random(), 3 + 6 * random()];
          const data = Float32Array.from({ length: 144 }, (_, at) =>
            Math.exp(-(((Math.floor(at / 12) - y) ** 2 + ((at % 12) - x) ** 2) / 4)),
          );
          return { x: { dataType: 'float' as const, shape: [1, 1, 12, 12], data } };
        }),
      );
    };
    const [original, damaged, others] = [make(), make([0, 2, 3, 5, 6]), blobs(8, 40)];
    const few = blobs(7, 8);
    const plain = await recover(original, damaged, few);
    const varied = await recover(original, damaged, few, { vary: 'move' });
    const [before, after] = [await sqnrOnData(original, plain.model, others), await sqnrOnData(original, varied.model, others)];
    say(`on others: ${before.toFixed(1)} dB plain, ${after.toFixed(1)} dB varied`);
    assert.ok(after > before + 1);
    assert.match(varied.notes[0]!, /^Fitted on 8 of 8 samples, with 3 variants of each/);
    const vectors = sourceOf([{ x: { dataType: 'float', shape: [1, 9], data: new Float32Array(9) } }]);
    await assert.rejects(recover(original, damaged, vectors, { vary: 'mirror' }), { code: 'usage' });
  }); // prettier-ignore

  it('has nothing to do where nothing was lost, and says why without an original', async () => {
    const data = images(6, 8, 4);
    const same = await recover(network(), network(), data);
    assert.deepEqual([same.changed, same.skipped], [[], []]);
    const alone = await runPass(pass, network(), { context: { runtime: await loadOrt(), data } });
    assert.match(alone.notes[0]!, /no pass came before/);
  });

  it('leaves excluded layers, and those whose channels cannot be told', async () => {
    const [original, damaged] = [network(), network([0, 2, 3, 5, 7, 8, 11])];
    const data = images(6, 8, 8);
    const excluded = await recover(original, damaged, data, { exclude: ['c3'] });
    assert.equal(excluded.skipped.find(({ node }) => node === 'c3')?.reason, 'Excluded by name.');
    const first = damaged.graph.initializers.get('deep')!;
    damaged.graph.setInitializer(first, tensorOf('deep', 'float', [7, 1, 3, 3], normals(seeded(3), 63)));
    const lost = await recover(original, damaged, data);
    assert.match(lost.skipped.find(({ node }) => node === 'c2')!.reason, /cannot be told from its weights/);
  });
});
