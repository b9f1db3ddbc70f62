// Python hints: what a person sees in the source of a network that the workspace has an export of.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { build } from '../support/models';
import { lapidary, WorkFolder } from './support/workspace';

const source = `import torch
from torch import nn


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.tail = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        x = self.stem(x)
        return self.tail(x)
`;

const exported = (channels: number): Uint8Array =>
  build({ inputs: { x: ['float', [1, 3, 16, 16]] } })
    .conv('x', 'a', { name: '/stem/Conv', channels, inputChannels: 3, pad: 1 })
    .conv('a', 'b', { name: '/tail/Conv', channels, inputChannels: channels, pad: 1 })
    .output('b')
    .bytes();

describe('Python hints', () => {
  let folder: WorkFolder;

  before(async () => {
    await lapidary();
    folder = new WorkFolder('python');
  });
  after(() => folder.remove());

  async function hints(document: vscode.TextDocument): Promise<Record<number, string>> {
    const range = new vscode.Range(0, 0, document.lineCount, 0);
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      range,
    );
    const ours = found.filter(({ label }) => typeof label === 'string' && label.includes('MACs'));
    return Object.fromEntries(ours.map(({ position, label }) => [position.line + 1, label as string]));
  }

  it('shows costs at the lines that made the layers, and follows an edit', async () => {
    folder.write('tiny.onnx', exported(8));
    const file = folder.write('tiny.py', source);
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    assert.deepEqual(await hints(document), {
      12: '27.3 % · 55.3 k MACs · 224 params',
      13: '72.7 % · 147 k MACs · 584 params',
    });
    const edit = new vscode.WorkspaceEdit();
    edit.insert(file, new vscode.Position(0, 0), '# A tiny network.\n\n');
    await vscode.workspace.applyEdit(edit);
    assert.deepEqual(Object.keys(await hints(document)), ['14', '15']);
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      file,
      new vscode.Position(13, 12),
    );
    const text = hover?.contents.map((each) => (typeof each === 'string' ? each : each.value)).join('\n') ?? '';
    assert.match(text, /\/stem\/Conv.*Conv 3x3.*55\.3 k.*224/);
    assert.match(text, /tiny\.onnx/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('lead back: from a layer to its line, also in a file that is not open', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('lapidary.layer.revealSource', folder.uri('tiny.onnx'), '/tail/Conv');
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.toString(), folder.uri('tiny.py').toString());
    assert.equal(editor?.selection.start.line, 12);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
