import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { loadOrt } from '../runtime/ort';
import { runJob } from './jobs';
import { type JobContext } from './context';

const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-shapes-'));
const context: JobContext = {
  runtime: loadOrt,
  signal: new AbortController().signal,
  progress: () => undefined,
  log: () => undefined,
  temporary: () => undefined,
};

/** Standard normal inputs have no zero, so NonZero finds every one of the 2×3 elements. */
const file = path.join(folder, 'nonzero.onnx');

describe('shapes that only running tells', () => {
  before(() => {
    const model = build({ inputs: { x: ['float', ['N', 3]] } })
      .node('NonZero', ['x'], ['places'])
      .node('Transpose', ['places'], ['rows'], { perm: [1, 0] })
      .output('rows', 'int64', ['found', 2]);
    writeFileSync(file, model.bytes());
  });

  it('are symbols without a run', async () => {
    const { layers, symbols } = await runJob('inspect', { path: file }, context);
    assert.equal(typeof layers[0]!.outputShapes[0]![1], 'string');
    assert.ok(layers.every((layer) => layer.measuredOutputs === undefined));
    assert.ok(symbols.every((symbol) => symbol.measured === undefined));
  });

  it('are measured and marked with one', async () => {
    const { layers, symbols } = await runJob('inspect', { path: file, run: true, dims: { N: 2 } }, context);
    assert.deepEqual(
      layers.map((layer) => layer.outputShapes),
      [[[2, 6]], [[6, 2]]],
    );
    assert.deepEqual(
      layers.map((layer) => layer.measuredOutputs),
      [[0], [0]],
    );
    const measured = symbols.filter((symbol) => symbol.measured);
    assert.deepEqual(
      measured.map((symbol) => symbol.value),
      [6],
    );
  });

  it('say so when the model does not run', async () => {
    const broken = path.join(folder, 'broken.onnx');
    const model = build({ inputs: { x: ['float', ['N', 3]] } })
      .node('NonZero', ['x'], ['places'])
      .node('Gather', ['x', 'places'], ['y'], { axis: 7 })
      .output('y', 'float');
    writeFileSync(broken, model.bytes());
    await assert.rejects(runJob('inspect', { path: broken, run: true }, context), { code: 'runtime-failed' });
  });
});

describe('the text job', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('prints a model and what it had to leave out', async () => {
    const { text, omitted } = await runJob('text', { path: file }, context);
    assert.match(text, /places = NonZero \(x\)/);
    assert.deepEqual(omitted, []);
  });
});
