import assert from 'node:assert/strict';
import { inMemory } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import { passContext, say } from '../../../test/support/runPass';
import { type DataSource, type Sample } from '../../data/source';
import { type Model } from '../../graph/model';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { Random } from '../../numerics/random';
import { parseOptions } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { loadOrt } from '../../runtime/ort';
import { apply } from './apply';
import { declaration } from './declaration';

/** Four linear layers; what the third gives has one column far larger than the others. */
function network(): Model {
  const model = build({ inputs: { x: ['float', [1, 32]] } })
    .gemm('x', 'a', [32, 32], { name: 'first' })
    .relu('a', 'ar')
    .gemm('ar', 'b', [32, 32], { name: 'second' })
    .relu('b', 'br')
    .gemm('br', 'c', [32, 32], { name: 'third' })
    .relu('c', 'cr')
    .gemm('cr', 'y', [32, 8], { name: 'fourth' })
    .output('y', 'float', [1, 8])
    .model();
  // Always about 100: the codes of its neighbours, around 1, are coarse for it.
  edit(model, 'third.bias', (index, bias) => (index === 0 ? 100 : bias));
  edit(model, 'fourth.weight', (index, weight) => (index % 32 === 0 ? weight / 100 : weight));
  return model;
}

function edit(model: Model, name: string, change: (index: number, value: number) => number): void {
  const value = model.graph.initializers.get(name)!;
  const before = toFloat32('float', value.constant!.bytes(), value.constant!.size);
  const bytes = bytesOf(Float32Array.from(before, (number, index) => change(index, number)));
  model.graph.setInitializer(value, value.constant!.with({ data: { kind: 'bytes', bytes } }));
}

/** Normal inputs; the class is what the float network says. */
async function labelledData(model: Model, size: number): Promise<DataSource> {
  const { encodeModel } = await import('../../graph/toOnnx');
  const session = await (await loadOrt()).open(encodeModel(model));
  const random = new Random(11);
  const samples: Sample[] = [];
  for (let index = 0; index < size; index++) {
    const data = Float32Array.from({ length: 32 }, () => random.normal());
    const feeds = { x: { dataType: 'float' as const, shape: [1, 32], data } };
    const scores = (await session.run(feeds)).y!.data as Float32Array;
    samples.push({ name: `${index}`, feeds, label: scores.indexOf(Math.max(...scores)) });
  }
  await session.close();
  return inMemory(samples);
}

const inFloat = (skipped: readonly { node: string; reason: string }[]): string[] =>
  skipped.filter(({ reason }) => reason.startsWith('Kept in float to meet')).map(({ node }) => node);

describe('passes/quantize-static: targets', () => {
  it('keeps the layers around an outlier in float, and no others, for a ratio', async () => {
    const { changed, skipped, notes } = await quantize(network(), { minSqnr: 33 });
    say(notes.find((note) => note.includes('target')) ?? '');
    const kept = inFloat(skipped);
    assert.ok(kept.length >= 1 && kept.length <= 2, kept.join());
    assert.ok(
      kept.every((name) => name === 'third' || name === 'fourth'),
      kept.join(),
    );
    assert.equal(changed.filter(({ opType }) => opType === 'Gemm').length, 4 - kept.length);
  });

  it('says that a target is met when it is', async () => {
    const { skipped, notes } = await quantize(network(), { minSqnr: 5 });
    assert.deepEqual(inFloat(skipped), []);
    assert.ok(
      notes.some((note) => /target is met/.test(note)),
      notes.join(),
    );
  });

  it('leaves the model as it is when no layer can be in 8 bits within the target', async () => {
    const { changed, skipped } = await quantize(network(), { minSqnr: 110 });
    assert.equal(changed.length, 0);
    assert.equal(inFloat(skipped).length, 4);
  });

  it('meets a drop of accuracy, measured on samples that ranges were not learnt from', async () => {
    const model = network();
    const data = await labelledData(model, 160);
    const without = await quantize(model, { calibrationSamples: 32, minSqnr: 0 }, { data });
    assert.equal(without.notes.filter((note) => /target/.test(note)).length, 0);
    const { skipped, notes } = await quantize(model, { calibrationSamples: 32, maxDrop: 0 }, { data });
    const said = notes.find((note) => note.includes('target')) ?? '';
    say(said);
    assert.match(said, /→.*( 0\.00 points lost| \d+\.\d+ points gained) on 128 samples\.$/);
    assert.ok(inFloat(skipped).length < 4);
  });

  it('keeps 20 dB where nobody asks for anything, on real data', async () => {
    const data = { ...(await labelledData(network(), 64)), labelled: false };
    const { skipped, notes } = await quantize(network(), { method: 'minmax', rounding: 'nearest' }, { data });
    const said = notes.find((note) => note.includes('target')) ?? '';
    say(said);
    const [, reached = '0'] = /→ ([\d.]+) dB on 64 samples/.exec(said) ?? [];
    assert.ok(Number(reached) >= 20, said);
    assert.ok(inFloat(skipped).length >= 1 && inFloat(skipped).length <= 2, inFloat(skipped).join());
    const without = await quantize(network(), { method: 'minmax', rounding: 'nearest', minSqnr: 0 }, { data });
    assert.deepEqual(inFloat(without.skipped), []);
  });

  it('asks no floor of random samples, and says nothing where a model is far above it', async () => {
    const random = await quantize(network());
    assert.deepEqual(inFloat(random.skipped), []);
    const easy = build({ inputs: { x: ['float', [1, 32]] } })
      .gemm('x', 'a', [32, 32], { name: 'first' })
      .relu('a', 'ar')
      .gemm('ar', 'y', [32, 8], { name: 'second' })
      .output('y', 'float', [1, 8])
      .model();
    const data = { ...(await labelledData(easy, 32)), labelled: false };
    for (const method of ['minmax', 'auto'] as const) {
      const { skipped, notes } = await quantize(easy, { method }, { data });
      assert.deepEqual(inFloat(skipped), []);
      assert.equal(notes.filter((note) => /target/.test(note)).length, 0, notes.join());
    }
  });

  it('refuses a drop of accuracy without labels', async () => {
    const options = parseOptions(declaration.options, { maxDrop: 1 });
    const run = apply(network(), options, passContext({ runtime: await loadOrt() }));
    await assert.rejects(run, (thrown: unknown) => thrown instanceof LapidaryError && thrown.code === 'usage');
  });
});
