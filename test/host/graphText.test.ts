// Graph text: the document of a model with what VS Code shows in it.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { graphTextUri } from '../../src/host/graphText/documents';
import { build } from '../support/models';
import { lapidary, WorkFolder } from './support/workspace';

const model = (): Uint8Array =>
  build({ inputs: { x: ['float', ['N', 3, 16, 16]] } })
    .conv('x', 'stem', { name: '/stem/Conv', channels: 8, inputChannels: 3, pad: 1 })
    .node('Relu', ['stem'], 'hidden', {}, { name: '/stem/Relu' })
    .conv('hidden', 'y', { name: '/tail/Conv', channels: 8, inputChannels: 8, pad: 1 })
    .output('y')
    .bytes();

describe('graph text', () => {
  let folder: WorkFolder;
  let uri: vscode.Uri;
  let document: vscode.TextDocument;

  before(async () => {
    await lapidary();
    folder = new WorkFolder('text');
    const file = folder.write('net.onnx', model());
    await vscode.commands.executeCommand('lapidary.openText', file);
    uri = graphTextUri(file);
    document = await vscode.workspace.openTextDocument(uri);
  });
  after(() => folder.remove());

  const lineOf = (text: string): number =>
    document
      .getText()
      .split('\n')
      .findIndex((line) => line.includes(text));
  const positionOf = (line: number, text: string): vscode.Position =>
    new vscode.Position(line, document.lineAt(line).text.lastIndexOf(text) + 1);

  it('opens in an editor, in its own language', () => {
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString());
    assert.equal(document.languageId, 'onnx-text');
    assert.ok(lineOf('hidden = Relu') > 0);
  });

  it('says of an address that somebody made up that it is none', async () => {
    for (const query of ['', 'net.onnx', '"no address"', '["file:///net.onnx"]']) {
      const madeUp = vscode.Uri.from({ scheme: uri.scheme, path: '/net.onnxtxt', query });
      await assert.rejects(
        async () => vscode.workspace.openTextDocument(madeUp),
        /not the address of the graph text of a model/,
      );
    }
  });

  it('hints at what each layer costs', async () => {
    const range = new vscode.Range(0, 0, document.lineCount, 0);
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      range,
    );
    assert.deepEqual(
      hints.map(({ position, label }) => [position.line, label]),
      [
        [lineOf('stem = Conv'), '27.3 % · 55.3 k MACs · 224 params'],
        [lineOf('y = Conv'), '72.7 % · 147 k MACs · 584 params'],
      ],
    );
  });

  it('leads from a use to the definition, and from there to all uses', async () => {
    const use = positionOf(lineOf('y = Conv'), 'hidden');
    const [definition] = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      uri,
      use,
    );
    assert.equal(definition?.range.start.line, lineOf('hidden = Relu'));
    const references = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      uri,
      positionOf(lineOf('stem = Conv'), 'stem ='),
    );
    assert.deepEqual(
      references.map(({ range }) => range.start.line).sort((a, b) => a - b),
      [lineOf('stem = Conv'), lineOf('hidden = Relu')],
    );
  });

  it('tells about a layer and about a value on hover', async () => {
    const hover = async (position: vscode.Position): Promise<string> => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, position);
      return found
        .flatMap(({ contents }) => contents.map((each) => (typeof each === 'string' ? each : each.value)))
        .join('\n')
        .replaceAll('&nbsp;', ' ');
    };
    assert.match(await hover(positionOf(lineOf('y = Conv'), 'Conv <')), /Conv 3x3[^]*147 k/);
    assert.match(await hover(positionOf(lineOf('y = Conv'), 'hidden')), /N×8×16×16 float32/);
  });

  it('has an outline by scope, blocks to fold and colours', async () => {
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      uri,
    );
    assert.deepEqual(
      symbols.map(({ name, children }) => [name, children.map((child) => child.name)]),
      [
        ['stem', ['/stem/Conv', '/stem/Relu']],
        ['tail', ['/tail/Conv']],
      ],
    );
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      uri,
    );
    assert.ok(folds.some(({ start, end }) => start < lineOf('stem = Conv') && end >= lineOf('y = Conv')));
    const tokens = await vscode.commands.executeCommand<vscode.SemanticTokens>(
      'vscode.provideDocumentRangeSemanticTokens',
      uri,
      document.lineAt(lineOf('y = Conv')).range,
    );
    assert.ok(tokens.data.length >= 5 * 5, 'label, output, operator, inputs');
  });

  it('shows the cost behind the operator, where long lines of attributes cannot hide it', async () => {
    const line = document.lineAt(lineOf('y = Conv'));
    const [hint] = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      line.range,
    );
    assert.equal(line.text.slice(0, hint?.position.character), '   ["/tail/Conv"] y = Conv');
  });

  it('offers actions: passes for the model, and for a costly layer alone', async () => {
    const lenses = async (): Promise<string[]> => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      return found.map(({ range, command }) => `${range.start.line}: ${command?.title}`);
    };
    const line = lineOf('y = Conv');
    const before = await lenses();
    assert.ok(before.some((lens) => /^0: Quantize/.test(lens)));
    for (const action of ['Quantize only this…', 'Prune only this…', 'Keep in float32']) {
      assert.ok(before.includes(`${line}: ${action}`), action);
    }
    await vscode.commands.executeCommand('lapidary.layer.exclude', folder.uri('net.onnx'), '/tail/Conv');
    assert.ok((await lenses()).includes(`${line}: Kept as it is · Undo`));
    await vscode.commands.executeCommand('lapidary.layer.exclude', folder.uri('net.onnx'), '/tail/Conv');
  });

  it('shows a layer that the tree names', async () => {
    await vscode.commands.executeCommand('lapidary.layer.revealText', folder.uri('net.onnx'), '/stem/Relu');
    assert.equal(vscode.window.activeTextEditor?.selection.start.line, lineOf('hidden = Relu'));
  });
});
