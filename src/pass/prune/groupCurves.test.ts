import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { passContext } from '../../../test/support/runPass';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { samplesFor } from '../samples';
import { Reference } from '../reference';
import { loadOrt } from '../../runtime/ort';
import { type CurveOptions, groupCurves, type GroupCurves } from './groupCurves';
import { cut, judge, type Judged } from './round';

/** A residual net: two convolutions of one width that are added, then a narrower one. */
const residual = (): ModelBuilder =>
  build({ inputs: { x: ['float', ['n', 3, 8, 8]] } })
    .conv('x', 'a', { channels: 12, inputChannels: 3, pad: 1, name: 'stem' })
    .relu('a', 'ra')
    .conv('ra', 'b', { channels: 10, inputChannels: 12, pad: 1, name: 'inner' })
    .relu('b', 'rb')
    .conv('rb', 'c', { channels: 12, inputChannels: 10, pad: 1, name: 'outer' })
    .node('Add', ['ra', 'c'], 's')
    .node('GlobalAveragePool', ['s'], 'p')
    .node('Flatten', ['p'], 'f')
    .gemm('f', 'y', [12, 5], { name: 'head' })
    .output('y', 'float', ['n', 5]);

/** The product of two activations sums over channels that no constant reads. */
const product = (): ModelBuilder =>
  build({ inputs: { x: ['float', ['n', 6, 8]] } })
    .matMul('x', 'q', [8, 10], { name: 'query' })
    .matMul('x', 'k', [8, 10], { name: 'key' })
    .node('Transpose', ['k'], 'kt', { perm: [0, 2, 1] })
    .node('MatMul', ['q', 'kt'], 'y')
    .output('y', 'float', ['n', 6, 6]);

describe('pass/prune/groupCurves', () => {
  async function judged(model: Model): Promise<{ judged: Judged; samples: DataSource }> {
    const context = passContext();
    const settings = { criterion: 'l2', seed: 1, calibrationSamples: 8 } as const;
    const reasonToKeep = ({ frozen }: { frozen?: { reason: string } }): string | undefined => frozen?.reason;
    return {
      judged: await judge(model, { ...settings, reasonToKeep }, context),
      samples: await samplesFor(model, context, 5),
    };
  }

  async function curvesOf(model: Model, options: Partial<CurveOptions> = {}): Promise<GroupCurves & { judged: Judged; samples: DataSource }> {
    const { judged: all, samples } = await judged(model);
    const fixed = { runtime: await loadOrt(), samples, count: 5, signal: new AbortController().signal };
    const curves = await groupCurves(all, { ...fixed, onProgress: () => undefined, ratios: [0.2, 0.5, 0.8], ...options });
    return { ...curves, judged: all, samples };
  } // prettier-ignore

  for (const [name, builder] of Object.entries({ residual, product })) {
    it(`measures what the pruned model loses: ${name}`, async () => {
      const model = builder().model();
      const { curves, leftOut, judged: all, samples } = await curvesOf(model);
      assert.deepEqual(leftOut, []);
      assert.equal(curves.length, all.scores.size);
      const reference = await Reference.of(model, {
        ...{ runtime: await loadOrt(), samples, signal: new AbortController().signal },
      });
      for (const { group, points } of curves) {
        for (const { removed, fidelity } of points) {
          const kept = all.found.groups.map(({ channels }) => channels.length);
          kept[group.index]! -= removed;
          const { sqnrDb } = await reference.measure(cut(all, kept).model);
          assert.ok(Math.abs(sqnrDb - fidelity.sqnrDb) < 0.01, `${sqnrDb} and ${fidelity.sqnrDb}`);
        }
      }
    });
  }

  it('gives the same with little memory, a few samples at a time', async () => {
    const [plain, small] = [await curvesOf(residual().model()), await curvesOf(residual().model(), { keptBytes: 9000 })];
    const decibels = ({ curves }: GroupCurves): string[] =>
      curves.flatMap(({ points }) => points.map(({ fidelity }) => fidelity.sqnrDb.toFixed(3)));
    assert.deepEqual(decibels(small), decibels(plain));
    assert.ok(small.curves.every(({ points }) => points[0]!.fidelity.outputs.length === 1));
  }); // prettier-ignore

  it('looks at the scores behind a softmax, which probabilities hide', async () => {
    const scores = residual().model();
    const probabilities = residual();
    probabilities.initializer('shape', 'int64', [2], [-1, 5]);
    probabilities.node('Softmax', ['y'], 'p1').node('Reshape', ['p1', 'shape'], 'q');
    const model = probabilities.output('q', 'float', ['n', 5]).model();
    model.graph.outputs.splice(0, 1);
    const decibels = ({ curves }: GroupCurves): string[] =>
      curves.flatMap(({ points }) => points.map(({ fidelity }) => fidelity.sqnrDb.toFixed(2)));
    assert.deepEqual(decibels(await curvesOf(model)), decibels(await curvesOf(scores)));
  });

  it('tries each number of channels once, never none and never all', async () => {
    const { curves } = await curvesOf(residual().model(), { ratios: [0.01, 0.04, 0.5, 0.999] });
    assert.deepEqual(
      curves.map(({ points }) => points.map(({ removed }) => removed)),
      [
        [1, 6, 11],
        [1, 5, 9],
      ],
    );
  });

  it('begins nothing more when the time is up, and says so; the costliest group was first', async () => {
    const { curves, leftOut } = await curvesOf(residual().model(), { budgetMs: 0 });
    assert.deepEqual(
      curves.map(({ group }) => group.makers.map(({ label }) => label)),
      [['stem', 'outer']],
    );
    assert.match(leftOut[0]!.reason, /time .* ran out/);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort();
    await assert.rejects(curvesOf(residual().model(), { signal: abort.signal, onProgress }), { code: 'cancelled' });
  });
});
