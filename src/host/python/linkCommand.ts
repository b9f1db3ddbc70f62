/** "Link Python File to Model…": which models the hints of a file come from. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type ModelFiles } from '../models/modelFiles';
import { plainLabel } from '../text/plain';
import { type PythonHints } from './hints';
import { type PythonLinks } from './links';

interface Choice extends vscode.QuickPickItem {
  readonly models?: readonly vscode.Uri[] | 'find';
}

/** Asks and keeps the answer; the file is the active one, or the one that the command was run on. */
export async function linkPython(
  argument: unknown,
  { files, links, hints }: { files: ModelFiles; links: PythonLinks; hints: PythonHints },
): Promise<void> {
  const t = vscode.l10n.t;
  const file = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (!file?.path.endsWith('.py')) {
    void vscode.window.showInformationMessage(t('Open the Python file of a network first.'));
    return;
  }
  const chosen = links.chosen(file);
  const models = (await files.list()).map((uri): Choice => {
    const label = `$(file-binary) ${plainLabel(vscode.workspace.asRelativePath(uri))}`;
    const isCurrent = chosen?.some((each) => each.toString() === uri.toString());
    return { label, models: [uri], ...(isCurrent && { description: t('current') }) };
  });
  const items: Choice[] = [
    { label: `$(search) ${t('Find the models by themselves')}`, models: 'find' },
    { label: `$(circle-slash) ${t('Show no hints in this file')}`, models: [] },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...models,
  ];
  const answer = await vscode.window.showQuickPick(items, {
    title: t('Model of {0}', plainLabel(path.basename(file.fsPath))),
    placeHolder: t('The costs of its layers are shown at the lines that made them'),
    matchOnDescription: true,
  });
  if (!answer?.models) return;
  await links.choose(file, answer.models === 'find' ? undefined : answer.models);
  hints.refresh();
}
