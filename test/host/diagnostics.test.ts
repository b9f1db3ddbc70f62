// Problems of models: they come when a model is opened, go when it is closed, and have fixes.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { type CheckReport } from '../../src/protocol/check';
import { type CompressReport } from '../../src/protocol/report';
import { build } from '../support/models';
import { eventually } from '../ui/support/eventually';
import { resultTab, WorkFolder } from './support/workspace';

function oddModel(): Uint8Array {
  const builder = build({ opset: 12, inputs: { x: ['float', [1, 64]] } }).initializer('rest', 'float', [200, 100]);
  builder.gemm('x', 'h', [64, 64], { name: 'first' }).node('Dropout', ['h'], 'd', {}, { name: 'drop' });
  return builder.gemm('d', 'y', [64, 8], { name: 'second' }).output('y').bytes();
}

/** Problems of ours, by the file name of what they are about. */
const problemsOf = (name: string): [vscode.Uri, readonly vscode.Diagnostic[]] | undefined =>
  vscode.languages
    .getDiagnostics()
    .find(([uri, all]) => path.basename(uri.path) === name && all.some(({ source }) => source === 'Lapidary'));

describe('problems', () => {
  let folder: WorkFolder;
  let model: vscode.Uri;
  before(() => {
    folder = new WorkFolder('problems');
    model = folder.write('odd.onnx', oddModel());
  });
  after(() => folder.remove());
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('of a model that is opened are in the panel, each at its line of the graph text', async () => {
    await vscode.commands.executeCommand('vscode.openWith', model, 'lapidary.profile');
    const [uri, problems] = await eventually('problems', () => Promise.resolve(problemsOf('odd.onnxtxt')));
    const document = await vscode.workspace.openTextDocument(uri);
    const shown = problems.map(({ code, range }) => [code, document.getText(range)] as const);
    assert.deepEqual(
      shown.map(([code]) => code),
      ['unused-initializer', 'dropout', 'old-opset'],
    );
    assert.equal(shown[0]![1], 'rest');
    assert.match(shown[1]![1], /Dropout/);
    assert.match(shown[2]![1], /opset_import/);
    assert.equal(problems[0]!.severity, vscode.DiagnosticSeverity.Warning);
  });

  it('go when it is closed', async () => {
    await eventually('no problems', () => Promise.resolve(problemsOf('odd.onnxtxt') === undefined));
  });

  it('have a fix that runs the pass, which asks for nothing', async () => {
    await vscode.commands.executeCommand<CheckReport>('lapidary.check', model);
    const [uri, problems] = await eventually('problems', () => Promise.resolve(problemsOf('odd.onnxtxt')));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    const dropout = problems.find(({ code }) => code === 'dropout')!;
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      dropout.range,
    );
    assert.deepEqual(
      actions.map(({ title }) => title),
      ['Simplify: write odd.simplified.onnx', 'Never report "dropout"'],
    );
    const { command, arguments: given = [] } = actions[0]!.command!;
    const report = await vscode.commands.executeCommand<CompressReport>(command, ...(given as unknown[]));
    assert.equal(report.output, path.join(folder.path, 'odd.simplified.onnx'));
    assert.ok(fs.existsSync(report.output));
    await resultTab('odd.simplified.onnx');
    const mended = await vscode.commands.executeCommand<CheckReport>('lapidary.check', vscode.Uri.file(report.output));
    assert.deepEqual(Object.keys(mended.counts), ['old-opset']);
  });

  it('of a kind can be silenced', async () => {
    await vscode.commands.executeCommand('lapidary.diagnostics.ignore', 'old-opset');
    const settings = vscode.workspace.getConfiguration('lapidary.diagnostics');
    try {
      const report = await vscode.commands.executeCommand<CheckReport>('lapidary.check', model);
      assert.deepEqual(
        report.diagnostics.map(({ code }) => code),
        ['unused-initializer', 'dropout'],
      );
    } finally {
      await settings.update('ignore', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('are forgotten when the file changes', async () => {
    await vscode.commands.executeCommand<CheckReport>('lapidary.check', model);
    await eventually('problems', () => Promise.resolve(problemsOf('odd.onnxtxt')));
    folder.write(
      'odd.onnx',
      build({ inputs: { x: ['float', [1, 4]] } })
        .relu('x', 'y')
        .output('y')
        .bytes(),
    );
    await eventually('no problems', () => Promise.resolve(problemsOf('odd.onnxtxt') === undefined));
  });
});
