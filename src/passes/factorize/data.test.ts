import assert from 'node:assert/strict';
import { type DataSource } from '../../data/source';
import { loadOrt } from '../../runtime/ort';
import { sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { normals, seeded } from '../../../test/support/random';
import { runPass, sqnrOnData } from '../../../test/support/runPass';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

describe('passes/factorize with data', () => {
  it('keeps the outputs rather than the weights where it sees data, and puts the mean error into the bias', async () => {
    const builder = build({ inputs: { x: ['float', [1, 24, 9, 9]] } });
    const model = builder.conv('x', 'y', { channels: 48, inputChannels: 24, pad: 1, name: 'c' }).output('y').model();
    const data = correlatedImages(24);
    const context = { runtime: await loadOrt(), data, original: model };
    for (const scheme of ['svd', 'spatial', 'tucker'] as const) {
      const options = { ratio: 0.4, scheme, multipleOf: 4, measure: false };
      const plain = await runPass(pass, model, { options, context: { runtime: context.runtime }, idempotent: false });
      const seen = await runPass(pass, model, { options, context, idempotent: false });
      const [a, b] = [await sqnrOnData(model, plain.model, data), await sqnrOnData(model, seen.model, data)];
      assert.ok(b > a + 2.5, `${scheme}: ${a.toFixed(1)} dB without data, ${b.toFixed(1)} dB with`);
      assert.match(seen.changed[0]!.what, /of its output lost$/);
      assert.equal(seen.changed[0]!.weightSqnrDb, undefined);
    }
  });

  it('spends the budget where the outputs lose least, on samples that nothing was fitted to', async () => {
    const branch = (builder: ReturnType<typeof build>, name: string): unknown =>
      builder.conv('x', name, { channels: 48, inputChannels: 24, pad: 1, name });
    const builder = build({ inputs: { x: ['float', [1, 24, 9, 9]] } });
    for (const name of ['loud', 'quiet']) branch(builder, name);
    const model = builder
      .initializer('little', 'float', [1], [0.01])
      .node('Mul', ['quiet', 'little'], 'less')
      .node('Add', ['loud', 'less'], 'y')
      .output('y')
      .model();
    const context = { runtime: await loadOrt(), data: correlatedImages(24, 20), original: model };
    const { changed, notes } = await runPass(pass, model, {
      options: { ratio: 0.7, measure: false },
      context,
      idempotent: false,
    });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['quiet'],
    );
    assert.match(notes.join(' '), /lose on 5 samples that nothing was fitted to/);
  });
});

/** Images whose channels are mixtures of five sources with a mean: most directions of a patch are hardly seen. */
function correlatedImages(channels: number, count = 12): DataSource {
  const random = seeded(11);
  const mixing = normals(random, channels * 5);
  const all = Array.from({ length: count }, () => {
    const sources = normals(random, 5 * 81);
    const image = normals(random, channels * 81, 0.05);
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < 81; p++) {
        image[c * 81 + p]! += 1;
        for (let s = 0; s < 5; s++) image[c * 81 + p]! += mixing[c * 5 + s]! * sources[s * 81 + p]!;
      }
    }
    return { x: { dataType: 'float' as const, shape: [1, channels, 9, 9], data: image } };
  });
  return sourceOf(all);
}
