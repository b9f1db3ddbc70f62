/** Which model a command is for: what it was run on, what is open, else what the person picks. */
import path from 'node:path';
import * as vscode from 'vscode';
import { plainLabel } from '../text/plain';
import { type Answer, pickOne, type PickItem } from '../wizard/prompts';
import { type Place } from '../wizard/steps';

/** True for the name of a model file. */
export const isModelFile = (uri: vscode.Uri): boolean => uri.path.toLowerCase().endsWith('.onnx');

/** The model in the active editor. */
export function activeModel(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText
      ? input.uri
      : vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' && isModelFile(uri) ? uri : undefined;
}

/** Asks for one of the workspace's models, or one from elsewhere. */
export async function chooseModel(options: {
  readonly title: string;
  readonly placeholder: string;
  readonly place: Place;
  readonly models: readonly vscode.Uri[];
}): Promise<Answer<vscode.Uri>> {
  const { title, placeholder, place, models } = options;
  const items = models.map((uri): PickItem<vscode.Uri | 'browse'> => {
    const folder = path.posix.dirname(vscode.workspace.asRelativePath(uri));
    const description = folder === '.' ? undefined : plainLabel(folder);
    return { label: `$(file-binary) ${plainLabel(path.posix.basename(uri.path))}`, description, value: uri };
  });
  const browse: PickItem<vscode.Uri | 'browse'> = {
    label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`,
    alwaysShow: true,
    value: 'browse',
  };
  const separator: PickItem<never> = { label: '', kind: vscode.QuickPickItemKind.Separator };
  for (;;) {
    const answer = await pickOne({ title, placeholder, place, items: [...items, separator, browse] });
    if (answer.outcome !== 'next') return answer;
    const chosen = answer.value === 'browse' ? await browseForModel() : answer.value;
    if (chosen) return { outcome: 'next', value: chosen };
  }
}

async function browseForModel(): Promise<vscode.Uri | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('ONNX Model'),
      filters: { [vscode.l10n.t('ONNX models')]: ['onnx'] },
    })) ?? [];
  return file;
}
