/** The view in the activity bar: the tree with its buttons and menus. */
import path from 'node:path';
import * as vscode from 'vscode';
import { modelsView } from '../../manifest/views';
import { type OwnHandlers } from '../commands';
import { type LayerOrder } from './costs';
import { type ModelTree } from './modelTree';
import { type TreeNode } from './treeNodes';

/** Shows the tree; disposing of the view hides it. */
export function showModelsView(tree: ModelTree): vscode.TreeView<TreeNode> {
  return vscode.window.createTreeView(modelsView, { treeDataProvider: tree, showCollapseAll: true });
}

/** What the view's buttons and menus do. */
export function modelsViewHandlers(
  tree: ModelTree,
): Pick<
  OwnHandlers,
  'lapidary.models.refresh' | 'lapidary.models.sort' | 'lapidary.models.reveal' | 'lapidary.models.copy'
> {
  return {
    'lapidary.models.refresh': () => tree.refresh(),
    'lapidary.models.sort': () => sort(tree),
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
  return argument.kind === 'branch' ? argument.model.uri : undefined;
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
  }
}

function isTreeNode(argument: unknown): argument is TreeNode {
  const kinds: readonly unknown[] = ['model', 'branch', 'detail', 'problem', 'warning'] satisfies TreeNode['kind'][];
  return typeof argument === 'object' && argument !== null && 'kind' in argument && kinds.includes(argument.kind);
}
