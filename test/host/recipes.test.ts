// Recipes in the extension host: running, gates, the lens, tasks, what JSON knows of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { type CompressReport } from '../../src/protocol/report';
import { build } from '../support/models';
import { composedRecipe, templateClassifier, templateImages } from '../support/templates';
import { eventually } from '../ui/support/eventually';
import { failureOf, resultTab, WorkFolder } from './support/workspace';

const command = 'lapidary.runRecipe';

function smallModel(): Uint8Array {
  return build({ inputs: { x: ['float', [1, 64]] } })
    .gemm('x', 'h', [64, 128])
    .node('Identity', ['h'], 'i')
    .gemm('i', 'y', [128, 10])
    .output('y')
    .bytes();
}

const passes = [{ pass: 'simplify' }, { pass: 'quantize-weights', options: { granularity: 'tensor' } }];
const recipe = (more: object): string =>
  JSON.stringify({ passes, evaluate: { latency: false }, ...more }, undefined, 2);

describe('recipes', () => {
  let folder: WorkFolder;
  let model: vscode.Uri;
  before(() => {
    folder = new WorkFolder('recipes');
    model = folder.write('small.onnx', smallModel());
  });
  after(() => folder.remove());
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('run on a model, write beside it, and show the result', async () => {
    const file = folder.write('tiny.lapidary.json', recipe({ gates: { maxSizeRatio: 0.6, minSqnrDb: 20 } }));
    const report = await vscode.commands.executeCommand<CompressReport>(command, file, { model: model.fsPath });
    assert.equal(report.output, path.join(folder.path, 'small.tiny.onnx'));
    assert.equal(fs.statSync(report.output).size, report.after.fileBytes);
    assert.deepEqual(
      report.passes.map(({ id }) => id),
      ['simplify', 'quantize-weights'],
    );
    assert.deepEqual(
      report.gates?.map(({ passed }) => passed),
      [true, true],
    );
    await resultTab('small.tiny.onnx');
  });

  it('prune, recover and quantize in one go, measured on samples that nothing was fitted to', async () => {
    const { images, labels } = templateImages(164);
    folder.write('x.npy', images);
    folder.write('labels.txt', labels);
    const file = folder.write('composed.lapidary.json', JSON.stringify(composedRecipe));
    const classifier = folder.write('classes.onnx', templateClassifier());
    const { passes, before, after, evaluation } = await vscode.commands.executeCommand<CompressReport>(command, file, {
      model: classifier.fsPath,
    });
    assert.deepEqual(
      passes.map(({ id, changed }) => [id, changed.length > 0]),
      [
        ['prune-channels', true],
        ['recover', true],
        ['quantize-static', true],
      ],
    );
    assert.ok(Number(after.macs) < 0.7 * Number(before.macs) && after.fileBytes < before.fileBytes);
    const { samples, metric } = evaluation!.quality;
    assert.equal(samples, 100);
    assert.ok(metric!.after >= metric!.before - 0.03, `${metric!.before} → ${metric!.after}`);
    await resultTab('classes.composed.onnx');
  });

  it('run as they are in the editor, saved or not', async () => {
    const file = folder.write('draft.lapidary.json', recipe({}));
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document);
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    await editor.edit((edit) => edit.replace(whole, recipe({ name: 'Unsaved' }).replace('"tensor"', '"channel"')));
    const output = path.join(folder.path, 'draft.onnx');
    const report = await vscode.commands.executeCommand<CompressReport>(command, model, {
      recipe: file.fsPath,
      output,
    });
    assert.equal(report.steps[1]?.options.granularity, 'channel');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('write nothing when a gate fails, and show why', async () => {
    const file = folder.write('strict.lapidary.json', recipe({ gates: { maxSizeRatio: 0.01 } }));
    const report = await vscode.commands.executeCommand<CompressReport>(command, file, { model: model.fsPath });
    assert.deepEqual([report.written, report.gates?.[0]?.passed], [false, false]);
    assert.ok(!fs.existsSync(report.output));
    assert.deepEqual(
      folder.list().filter((name) => name.startsWith('.')),
      [],
    );
    await resultTab('small.strict.onnx');
  });

  it('say which line is wrong', async () => {
    const file = folder.write('wrong.lapidary.json', '{\n  "passes": [{ "pass": "shrink" }]\n}');
    const failure = await failureOf(() => vscode.commands.executeCommand(command, file, { model: model.fsPath }));
    assert.deepEqual([failure.code, failure.place.line, failure.place.column], ['usage', 2, 24]);
  });

  it('have a lens that runs them, and a schema behind completion', async () => {
    const file = folder.write('lens.lapidary.json', '{\n  "name": "x",\n  "passes": [{ "pass": "" }]\n}');
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    const lens = await eventually('the lens', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', file);
      return found.find((each) => each.command?.command === command);
    });
    assert.equal(lens.range.start.line, 2);
    assert.deepEqual(lens.command?.arguments?.map(String), [file.toString()]);
    const labels = await eventually('completion', async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        file,
        new vscode.Position(2, 24),
      );
      const found = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
      return found.some((label) => label.includes('quantize-weights')) ? found : undefined;
    });
    assert.ok(labels.some((label) => label.includes('simplify')));
  });

  it('are tasks', async function () {
    this.timeout(60_000);
    folder.write('task.lapidary.json', recipe({ gates: { maxSizeRatio: 0.01 }, evaluate: false }));
    const tasks = await vscode.tasks.fetchTasks({ type: 'lapidary' });
    const task = tasks.find(
      ({ definition }) =>
        definition.recipe === 'recipes/task.lapidary.json' && definition.model === 'recipes/small.onnx',
    );
    assert.ok(task, tasks.map(({ name }) => name).join(', '));
    const ended = new Promise<number | undefined>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess((event) => {
        if (event.execution.task.name !== task.name) return;
        listening.dispose();
        resolve(event.exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 6, 'the exit code of a gate that failed');
    assert.ok(!folder.list().includes('small.task.onnx'));
  });
});
