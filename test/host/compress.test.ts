// Compressing and comparing through the real worker: results, errors, cancel.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { type CompareReport, type CompressReport } from '../../src/protocol/report';
import { Tensor } from '../../src/graph/tensor';
import { errorText } from '../../src/host/errors/errorText';
import { inEnglish } from '../../src/host/text/say';
import { build } from '../support/models';
import { failureOf, resultTab, WorkFolder } from './support/workspace';

const command = 'lapidary.pass.quantize-weights';

function smallModel(): Uint8Array {
  return build({ inputs: { x: ['float', [1, 64]] } })
    .gemm('x', 'h', [64, 128])
    .relu('h', 'r')
    .gemm('r', 'y', [128, 10])
    .output('y')
    .bytes();
}

/** 64 MB of weights: long enough to be cancelled in the middle. */
function largeModel(): Uint8Array {
  const width = 2048;
  const builder = build({ inputs: { x: ['float', ['N', width]] } });
  const weight = new Uint8Array(width * width * 4).fill(61);
  for (let layer = 0; layer < 4; layer++) {
    builder.constant(Tensor.ofBytes(`w${layer}`, 'float', [width, width], weight));
    builder.node('MatMul', [layer === 0 ? 'x' : `y${layer - 1}`, `w${layer}`], `y${layer}`);
  }
  return builder.output('y3').bytes();
}

describe('the command of a pass', () => {
  let folder: WorkFolder;
  before(() => (folder = new WorkFolder('compress')));
  after(() => folder.remove());
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('writes a smaller model beside the source, measures both and shows the result', async () => {
    const model = folder.write('small.onnx', smallModel());
    const source = fs.readFileSync(model.fsPath);
    const report = await vscode.commands.executeCommand<CompressReport>(command, model, { options: {} });
    assert.equal(report.output, path.join(folder.path, 'small.w8.onnx'));
    assert.ok(report.after.fileBytes < report.before.fileBytes);
    assert.equal(fs.statSync(report.output).size, report.after.fileBytes);
    assert.ok(report.evaluation?.latency, 'latency was measured');
    assert.ok((report.evaluation.quality.outputs[0]?.sqnrDb ?? 0) > 20);
    assert.deepEqual(fs.readFileSync(model.fsPath), source);
    await resultTab('small.w8.onnx');
  });

  it('does not overwrite unless it is told to', async () => {
    const model = vscode.Uri.file(path.join(folder.path, 'small.onnx'));
    const output = folder.write('taken.onnx', 'mine');
    const preset = { options: {}, output: output.fsPath, data: 'none' };
    const failure = await failureOf(() => vscode.commands.executeCommand(command, model, preset));
    assert.equal(failure.code, 'output-exists');
    assert.equal(fs.readFileSync(output.fsPath, 'utf8'), 'mine');
    const report = await vscode.commands.executeCommand<CompressReport>(command, model, { ...preset, overwrite: true });
    assert.equal(report.evaluation, undefined);
    assert.ok(fs.statSync(output.fsPath).size > 1000);
  });

  it('says which option it does not take', async () => {
    const model = vscode.Uri.file(path.join(folder.path, 'small.onnx'));
    const failure = await failureOf(() => vscode.commands.executeCommand(command, model, { options: { bits: 3 } }));
    assert.equal(failure.code, 'usage');
    assert.match(failure.message, /bits/);
  });

  const bad: Readonly<Record<string, () => Uint8Array | string>> = {
    'an empty file': () => '',
    'a text': () => 'just some text\n',
    'a truncated model': () => smallModel().subarray(0, 20_000),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    it(`says what is wrong with ${what}, and writes nothing`, async () => {
      const place = new WorkFolder('bad');
      const model = place.write('bad.onnx', bytes());
      const failure = await failureOf(() => vscode.commands.executeCommand(command, model, { options: {} }));
      assert.ok(['not-onnx', 'invalid-model'].includes(failure.code), `${failure.code}: ${failure.message}`);
      assert.equal(failure.place.model, model.fsPath);
      assert.match(errorText(failure, inEnglish), /Git LFS|Export the model again/);
      assert.deepEqual(place.list(), ['bad.onnx']);
      place.remove();
    });
  }

  it('says that there is nothing to do', async () => {
    const place = new WorkFolder('nothing');
    const bytes = build({ inputs: { x: ['float', [1, 4]] } })
      .relu('x', 'y')
      .output('y')
      .bytes();
    const model = place.write('relu.onnx', bytes);
    const failure = await failureOf(() => vscode.commands.executeCommand(command, model, { options: {} }));
    assert.equal(failure.code, 'nothing-to-do');
    assert.deepEqual(place.list(), ['relu.onnx']);
    place.remove();
  });

  it('stops within a second when it is cancelled, and leaves nothing behind', async () => {
    const place = new WorkFolder('cancel');
    const bytes = largeModel();
    const model = place.write('large.onnx', bytes);
    const canceller = new vscode.CancellationTokenSource();
    let cancelledAt = 0;
    const watcher = setTimeout(() => {
      cancelledAt = performance.now();
      canceller.cancel();
    }, 250);
    // The slowest way: plain rounding would be over by then.
    const preset = { options: { bits: 4, method: 'hqq' }, token: canceller.token };
    const failure = await failureOf(() => vscode.commands.executeCommand(command, model, preset));
    clearTimeout(watcher);
    assert.ok(cancelledAt > 0, 'the job was over before it could be cancelled');
    const tookMs = performance.now() - cancelledAt;
    assert.equal(failure.code, 'cancelled');
    assert.ok(tookMs < 1000, `it took ${tookMs.toFixed(0)} ms to stop`);
    assert.deepEqual(place.list(), ['large.onnx']);
    assert.ok(Buffer.from(bytes).equals(fs.readFileSync(model.fsPath)));
    place.remove();
  });
});

describe('Compare With…', () => {
  let folder: WorkFolder;
  before(() => (folder = new WorkFolder('compare')));
  after(() => folder.remove());

  it('runs both models on the same inputs and shows the result', async () => {
    const a = folder.write('a.onnx', smallModel());
    const b = folder.write('b.onnx', smallModel());
    const report = await vscode.commands.executeCommand<CompareReport>('lapidary.compareWith', a, b, 'random');
    assert.equal(report.quality.outputs[0]?.sqnrDb, null, 'equal models give equal outputs');
    assert.equal(report.size.ratio, 1);
    await resultTab('a.onnx ↔ b.onnx');
  });
});
