// The tree of models: what a person sees of a model, of a broken one, and of one that changes.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import { type ModelTree } from '../../src/host/models/modelTree';
import { reopenAsProfiles } from '../../src/host/models/reopen';
import { type TreeNode } from '../../src/host/models/treeNodes';
import { build } from '../support/models';
import { lapidary, WorkFolder } from './support/workspace';

/** A stem, two blocks in a common scope, a head. */
function sampleModel(channels = 8): Uint8Array {
  return build({ inputs: { x: ['float', ['N', 3, 16, 16]] } })
    .conv('x', 'stem', { name: '/stem/Conv', channels, inputChannels: 3, pad: 1 })
    .conv('stem', 'a', { name: '/body/block.0/Conv', channels, inputChannels: channels, pad: 1 })
    .node('Relu', ['a'], 'b', {}, { name: '/body/block.0/Relu' })
    .conv('b', 'c', { name: '/body/block.1/Conv', channels, inputChannels: channels, pad: 1 })
    .output('c')
    .bytes();
}

describe('the tree of models', () => {
  let tree: ModelTree;
  let folder: WorkFolder;

  before(async () => {
    tree = (await lapidary()).models;
    folder = new WorkFolder('tree');
  });
  after(() => folder.remove());

  const item = (node: TreeNode): vscode.TreeItem => tree.getTreeItem(node);
  const label = (node: TreeNode): string => {
    const { label: text = '' } = item(node);
    return typeof text === 'string' ? text : text.label;
  };
  const labels = (nodes: readonly TreeNode[]): string[] => nodes.map(label);

  async function modelNode(name: string): Promise<TreeNode> {
    const found = (await tree.getChildren()).find((node) => label(node) === name);
    assert.ok(found, `${name} is not in the tree`);
    return found;
  }

  it('groups layers by scope and says what each costs', async () => {
    folder.write('sample.onnx', sampleModel());
    const model = await modelNode('sample.onnx');
    const rows = await tree.getChildren(model);
    assert.deepEqual(labels(rows), ['Counted with', 'Channel groups', 'stem/Conv', 'body']);
    assert.match(String(item(model).description), /^[\d.]+ kB · 1\.39 k params · 350 k MACs · tree$/);
    const [, , , body] = rows;
    assert.ok(body);
    assert.equal(item(body).description, '84 % · 3 layers · 295 k MACs');
    const blocks = await tree.getChildren(body);
    assert.deepEqual(labels(blocks), ['block.0', 'block.1/Conv']);
    const [, conv] = blocks;
    assert.ok(conv);
    assert.equal(item(conv).description, '42 % · Conv 3x3 · 147 k MACs');
    const details = (await tree.getChildren(conv)).map((node) => `${label(node)}: ${String(item(node).description)}`);
    assert.deepEqual(details.slice(0, 4), [
      'Kind: Conv 3x3',
      'Output: N×8×16×16 float32',
      'MACs: 147 k · 42 %',
      'Parameters: 584 · 42 %',
    ]);
  });

  it('puts the costliest first when asked to', async () => {
    const model = await modelNode('sample.onnx');
    tree.order = 'macs';
    assert.deepEqual(labels(await tree.getChildren(model)), ['Counted with', 'Channel groups', 'body', 'stem/Conv']);
    tree.order = 'graph';
  });

  it('shows which channels can be pruned together, and which must stay', async () => {
    const [, groups] = await tree.getChildren(await modelNode('sample.onnx'));
    assert.ok(groups);
    const rows = await tree.getChildren(groups);
    const text = (node: TreeNode): string => `${label(node)}: ${String(item(node).description)}`;
    assert.equal(text(groups), 'Channel groups: 2 of 3 can be pruned');
    assert.equal(text(rows[0]!), '/stem/Conv: 8 channels · read by /body/block.0/Conv');
    assert.match(text(rows[2]!), /^\/body\/block\.1\/Conv: 8 channels · must stay: /);
    const details = (await tree.getChildren(rows[0])).map(text);
    assert.deepEqual(details.slice(0, 2), ['Made by: /stem/Conv', 'Read by: /body/block.0/Conv']);
    assert.match(details[2]!, /^Weight: 8×3×3×3 · axis 0 · /);
  });

  it('says how each layer runs, once that was measured', async () => {
    const uri = folder.uri('sample.onnx');
    await vscode.commands.executeCommand('lapidary.models.audit', uri);
    const rows = await tree.getChildren(await modelNode('sample.onnx'));
    const stem = rows.find((node) => label(node) === 'stem/Conv')!;
    assert.match(String(item(stem).description), /^16 % · float · Conv/);
    const details = (await tree.getChildren(stem)).map((node) => `${label(node)}: ${String(item(node).description)}`);
    assert.ok(details.includes('Runs as: float'));
    assert.ok(
      details.some((each) => /^Measured time: .* ms|^Measured time: .* µs/.test(each)),
      details.join('\n'),
    );
  });

  it('opens the profile for a layer that is to be shown in the graph', async () => {
    const uri = folder.uri('sample.onnx');
    const tabs = (): vscode.TabInputCustom[] =>
      vscode.window.tabGroups.all
        .flatMap((group) => group.tabs.map(({ input }) => input))
        .filter((input): input is vscode.TabInputCustom => input instanceof vscode.TabInputCustom)
        .filter((input) => input.uri.toString() === uri.toString());
    const rows = await tree.getChildren(await modelNode('sample.onnx'));
    const stem = rows.find((node) => label(node) === 'stem/Conv');
    await vscode.commands.executeCommand('lapidary.layer.revealGraph', stem);
    assert.deepEqual(
      tabs().map(({ viewType }) => viewType),
      ['lapidary.profile'],
    );
    const text = await vscode.workspace.openTextDocument({ content: 'in front' });
    await vscode.window.showTextDocument(text);
    await vscode.commands.executeCommand('lapidary.layer.revealGraph', uri, '/body/block.1/Conv');
    assert.equal(tabs().length, 1, 'the profile that is open is used');
    const isInFront = (): boolean =>
      vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputCustom;
    for (let tries = 0; !isInFront() && tries < 100; tries++) await pause(50);
    assert.ok(isInFront(), 'and comes to the front');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('turns a model that opened as text into a profile when Lapidary first starts, and never again', async () => {
    const kept = new Map<string, unknown>();
    const state: vscode.Memento = {
      keys: () => [...kept.keys()],
      get: (key: string) => kept.get(key),
      update: (key, value) => Promise.resolve(void kept.set(key, value)),
    };
    const inputs = (): unknown[] => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => input));
    await vscode.commands.executeCommand('vscode.openWith', folder.uri('sample.onnx'), 'default');
    assert.ok(inputs()[0] instanceof vscode.TabInputText);
    await reopenAsProfiles(state);
    assert.equal(inputs().length, 1);
    assert.ok(inputs()[0] instanceof vscode.TabInputCustom);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('vscode.openWith', folder.uri('sample.onnx'), 'default');
    await reopenAsProfiles(state);
    assert.ok(inputs()[0] instanceof vscode.TabInputText, 'as text because somebody wants it');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('shows a model anew when its file changes', async () => {
    const model = await modelNode('sample.onnx');
    const stemOf = async (): Promise<string> =>
      String(item((await tree.getChildren(model)).find((node) => label(node) === 'stem/Conv')!).description);
    assert.match(await stemOf(), /float/, 'how it runs was measured');
    const changed = new Promise<void>((resolve) => tree.onDidChangeTreeData(() => resolve()));
    folder.write('sample.onnx', sampleModel(16));
    await changed;
    await tree.getChildren(model);
    assert.match(String(item(model).description), /5\.09 k params/);
    assert.doesNotMatch(await stemOf(), /float/, 'what was measured of the former file is not said of this one');
  });

  it('says what is wrong with a file that is no model, and what to do', async () => {
    folder.write('text.onnx', 'This is not a model.\n');
    const model = await modelNode('text.onnx');
    const [problem, ...others] = await tree.getChildren(model);
    assert.ok(problem);
    assert.deepEqual(others, []);
    assert.match(label(problem), /[Nn]ot an ONNX model/);
    const { tooltip } = item(problem);
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.ok(!tooltip.isTrusted);
    assert.match(String(item(model).description), /^cannot be read/);
  });

  it('takes every name of a model for text', async () => {
    const name = '**x** [y](command:z) $(zap) </script><img src=x onerror=alert(1)>';
    const bytes = build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
      .conv('x', 'y', { name, channels: 2, inputChannels: 3 })
      .output('y')
      .bytes();
    folder.write('names.onnx', bytes);
    const [, layer] = await tree.getChildren(await modelNode('names.onnx'));
    assert.ok(layer);
    const resolved = await tree.resolveTreeItem(item(layer), layer);
    const { tooltip } = resolved;
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.ok(!tooltip.isTrusted && !tooltip.supportHtml && !tooltip.supportThemeIcons);
    assert.ok(!tooltip.value.includes('[y](command'), tooltip.value);
  });
});
