// Recovery runs by itself after passes that take parts of layers away, when there is data to do it on.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { build } from '../../test/support/models';
import { npyFloats } from '../../test/support/npy';
import { temporaryFolder } from '../../test/support/folder';
import { writeModel } from '../graph/toOnnx';
import { Random } from '../numerics/random';
import { loadOrt } from '../runtime/ort';
import { type PassStep } from '../protocol/report';
import { runJob } from './jobs';
import { resolveSteps } from './steps';

const step = (pass: string, options = {}): PassStep => ({ pass, options });
const data = { source: 'images' };
const context = {
  ...{ runtime: loadOrt, signal: new AbortController().signal },
  ...{ progress: () => undefined, log: () => undefined, temporary: () => undefined },
};

describe('jobs: recovery', () => {
  const at = temporaryFolder();
  const idsOf = (steps: readonly PassStep[], given?: typeof data): string[] =>
    resolveSteps(steps, given).map(({ declaration }) => declaration.id);

  it('follows the last structural pass in a row, and none that says or brings its own', () => {
    assert.deepEqual(idsOf([step('factorize')]), ['factorize']);
    assert.deepEqual(idsOf([step('simplify'), step('convert-float16')], data), ['simplify', 'convert-float16']);
    assert.deepEqual(idsOf([step('prune-channels'), step('factorize'), step('quantize-static')], data), [
      'prune-channels',
      'factorize',
      'recover',
      'quantize-static',
    ]);
    assert.deepEqual(idsOf([step('factorize'), step('recover')], data), ['factorize', 'recover']);
    assert.deepEqual(idsOf([step('factorize', { recover: false })], data), ['factorize']);
    assert.deepEqual(idsOf([step('factorize')], { source: 'random' }), ['factorize']);
  });

  it('still knows the channels of the original after pruning what was recovered', async () => {
    const model = build({ inputs: { x: ['float', [1, 6, 10, 10]] } })
      .conv('x', 'a', { channels: 24, inputChannels: 6, pad: 1, name: 'first' })
      .relu('a', 'ra')
      .conv('ra', 'b', { channels: 24, inputChannels: 24, pad: 1, name: 'second' })
      .relu('b', 'rb')
      .conv('rb', 'y', { channels: 8, inputChannels: 24, pad: 1, name: 'third' })
      .output('y')
      .model();
    await writeModel(model, at('deep.onnx'));
    writeFileSync(at('deep.npy'), npyFloats([12, 6, 10, 10], [...new Random(5).normals(12 * 600)]));
    const half = step('prune-channels', { sparsity: 0.25, scope: 'layer', multipleOf: 1 });
    const { passes } = await runJob(
      'compress',
      {
        ...{ input: at('deep.onnx'), output: at('shallow.onnx'), overwrite: false, data: { source: at('deep.npy') } },
        steps: [half, step('recover'), half, step('recover')],
        evaluate: false,
      },
      context,
    );
    for (const { id, changed, skipped } of passes.filter((pass) => pass.id === 'recover')) {
      const nodes = changed.map(({ node }) => node);
      assert.ok(nodes.includes('second') && nodes.includes('third'), `${id} refitted ${nodes.join(', ')}`);
      assert.ok(skipped.every(({ reason }) => !reason.includes('cannot be told')));
    }
  });

  it('refits a factorized model, and says so', async () => {
    const model = build({ inputs: { x: ['float', [1, 32, 12, 12]] } })
      .conv('x', 'a', { channels: 48, inputChannels: 32, pad: 1 })
      .relu('a', 'b')
      .conv('b', 'y', { channels: 32, inputChannels: 48, pad: 1 })
      .output('y')
      .model();
    await writeModel(model, at('model.onnx'));
    const values = [...new Random(3).normals(6 * 32 * 144)];
    writeFileSync(at('x.npy'), npyFloats([6, 32, 12, 12], values));
    const report = await runJob(
      'compress',
      {
        ...{ input: at('model.onnx'), output: at('small.onnx'), overwrite: false, data: { source: at('x.npy') } },
        steps: [step('factorize', { ratio: 0.5, measure: false })],
        evaluate: false,
      },
      context,
    );
    assert.deepEqual(
      report.passes.map(({ id }) => id),
      ['factorize', 'recover'],
    );
    const [, { changed, skipped } = report.passes[0]!] = report.passes;
    assert.ok(changed.length + skipped.length > 0, 'no layer was looked at');
  });
});
