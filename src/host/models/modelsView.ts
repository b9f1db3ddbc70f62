/** The view in the activity bar: the tree with its buttons and menus. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { modelsView, profileEditor } from '../../manifest/views';
import { type OwnHandlers } from '../commands';
import { type Audits } from './audits';
import { activeModel } from './chooseModel';
import { type LayerOrder } from './costs';
import { countedWith } from './details';
import { askDimensions, type Dimensions } from './dimensions';
import { type Inspections } from './inspections';
import { type ModelTree } from './modelTree';
import { type TreeNode } from './treeNodes';

type ViewCommand = Extract<OwnCommandId, `lapidary.models.${string}`>;

/** Shows the tree; disposing of the view hides it. */
export function showModelsView(tree: ModelTree): vscode.TreeView<TreeNode> {
  return vscode.window.createTreeView(modelsView, {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
  });
}

/** What the view's buttons and menus do. */
export function modelsViewHandlers(
  tree: ModelTree,
  inspections: Inspections,
  dimensions: Dimensions,
  audits: Audits,
): Pick<OwnHandlers, ViewCommand> {
  return {
    'lapidary.models.refresh': () => tree.refresh(),
    'lapidary.models.sort': () => sort(tree),
    // The editor's own search in trees: highlights or filters, as the person has set it.
    'lapidary.models.filter': async () => {
      await vscode.commands.executeCommand(`${modelsView}.focus`);
      await vscode.commands.executeCommand('list.find');
    },
    'lapidary.models.dimensions': async (node) => {
      const uri = modelUri(node) ?? activeModel();
      if (!uri) return;
      const dims = await askDimensions(await inspections.report(uri));
      if (dims) await inspections.bind(uri, { ...dimensions.bindings(uri), dims });
    },
    'lapidary.models.audit': async (node) => {
      const uri = modelUri(node) ?? activeModel();
      if (uri) await audits.run(uri);
    },
    'lapidary.models.open': async (node) => {
      const uri = modelUri(node);
      if (uri) await vscode.commands.executeCommand('vscode.openWith', uri, profileEditor);
    },
    'lapidary.models.reveal': async (node) => {
      const uri = modelUri(node);
      if (uri) await vscode.commands.executeCommand('revealInExplorer', uri);
    },
    'lapidary.models.copy': async (node) => {
      const text = copyText(node);
      if (text !== undefined) await vscode.env.clipboard.writeText(text);
    },
  };
}

async function sort(tree: ModelTree): Promise<void> {
  const orders: readonly { order: LayerOrder; label: string }[] = [
    { order: 'graph', label: vscode.l10n.t('Graph order') },
    { order: 'macs', label: vscode.l10n.t('MACs') },
    { order: 'parameters', label: vscode.l10n.t('Parameters') },
    { order: 'weightBytes', label: vscode.l10n.t('Weight bytes') },
    { order: 'activationBytes', label: vscode.l10n.t('Activation bytes') },
  ];
  const current = vscode.l10n.t('current');
  const items = orders.map((each) => ({ ...each, description: each.order === tree.order ? current : undefined }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Sort Layers By'),
    placeHolder: vscode.l10n.t('The costliest come first, and the share is of this cost'),
  });
  if (chosen) tree.order = chosen.order;
}

/** The file of a tree row, or what the explorer and the palette pass. */
export function modelUri(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  if (!isTreeNode(argument)) return undefined;
  if (argument.kind === 'model') return argument.uri;
  return 'model' in argument ? argument.model.uri : undefined;
}

function copyText(argument: unknown): string | undefined {
  if (!isTreeNode(argument)) return undefined;
  switch (argument.kind) {
    case 'model':
      return argument.uri.fsPath;
    case 'branch':
      return argument.branch.kind === 'layer' ? argument.branch.layer.name : argument.branch.path;
    case 'detail':
      return argument.detail.value;
    case 'problem':
      return [argument.error.message, path.basename(argument.error.place.model ?? '')].filter(Boolean).join(' – ');
    case 'warning':
      return argument.warning.message;
    case 'dimensions':
      return countedWith(argument.model.report.symbols);
    case 'groups':
      return undefined;
    case 'group':
      return argument.group.makers.join('\n');
  }
}

/** The rows that a command of the tree is for: those that are selected, where the one with the menu is among them. */
export function treeNodes([node, selected]: readonly unknown[]): TreeNode[] {
  const rows = Array.isArray(selected) && selected.includes(node) ? selected : [node];
  return rows.filter(isTreeNode);
}

function isTreeNode(argument: unknown): argument is TreeNode {
  const kinds: readonly unknown[] = [
    'model',
    'branch',
    'detail',
    'problem',
    'warning',
    'dimensions',
    'groups',
    'group',
  ] satisfies TreeNode['kind'][];
  return typeof argument === 'object' && argument !== null && 'kind' in argument && kinds.includes(argument.kind);
}
