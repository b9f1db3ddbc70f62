/** Which models are open, and what becomes of the others: nothing large is kept of a model that nobody looks at. */
import * as vscode from 'vscode';
import { modelOfText } from '../graphText/documents';
import { isModelFile } from './chooseModel';
import { type ModelFiles } from './modelFiles';
import { stampOf } from './stamp';

/** Models in any tab, as a profile or as a text. */
export function openModels(): vscode.Uri[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.flatMap((tab) => modelOfTab(tab) ?? []);
}

/** Calls `rest` when the last model that is open was closed, or deleted. */
export function restWithoutModels(files: ModelFiles, rest: () => void): vscode.Disposable {
  const look = (): void => {
    if (openModels().every((model) => stampOf(model) === '')) rest();
  };
  return vscode.Disposable.from(
    files.onDidChangeFile(look),
    vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
      if (closed.some((tab) => modelOfTab(tab))) look();
    }),
  );
}

/** Calls `release` with each model whose last editor is closed. */
export function releaseClosedModels(release: (model: vscode.Uri) => void): vscode.Disposable {
  return vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
    if (closed.length === 0) return;
    const open = new Set(openModels().map((uri) => uri.toString()));
    for (const tab of closed) {
      const model = modelOfTab(tab);
      if (model && !open.has(model.toString())) release(model);
    }
  });
}

function modelOfTab({ input }: vscode.Tab): vscode.Uri | undefined {
  if (!(input instanceof vscode.TabInputCustom) && !(input instanceof vscode.TabInputText)) return undefined;
  const { uri } = input;
  return uri.scheme === 'file' && isModelFile(uri) ? uri : modelOfText(uri);
}
