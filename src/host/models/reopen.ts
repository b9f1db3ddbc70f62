/**
 * Models that show as text because they were opened before VS Code knew of the profile: in the seconds before the first
 * window with Lapidary is ready, or before Lapidary was installed.
 */
import * as vscode from 'vscode';
import { profileEditor } from '../../manifest/views';
import { isModelFile } from './chooseModel';

const key = 'lapidary.hasStarted';

/**
 * Turns those in front into profiles, and those behind them, the first time that Lapidary ever starts. From then on VS
 * Code waits for the profile by itself, and a model that shows as text does so because somebody wants it.
 */
export async function reopenAsProfiles(state: vscode.Memento): Promise<void> {
  if (state.get(key) === true) return;
  await state.update(key, true);
  if (hasOtherEditor()) return;
  for (const { activeTab, tabs, viewColumn } of vscode.window.tabGroups.all) {
    if (!activeTab || !modelOf(activeTab)) continue;
    // The one in front comes last, so that it ends there.
    const behind = tabs.filter((tab) => tab !== activeTab && modelOf(tab));
    for (const tab of [...behind, activeTab]) {
      const options = { viewColumn, preview: tab.isPreview, preserveFocus: true };
      await vscode.commands.executeCommand('vscode.openWith', modelOf(tab), profileEditor, options);
      await vscode.window.tabGroups.close(tab, true);
    }
  }
}

/** The model that a tab shows as text. */
function modelOf({ input }: vscode.Tab): vscode.Uri | undefined {
  const uri = input instanceof vscode.TabInputText ? input.uri : undefined;
  return uri?.scheme === 'file' && isModelFile(uri) ? uri : undefined;
}

/** True when the settings name another editor for models. */
function hasOtherEditor(): boolean {
  const settings = vscode.workspace.getConfiguration('workbench');
  const editors = settings.get<Readonly<Record<string, string>>>('editorAssociations', {});
  return Object.entries(editors).some(([pattern, editor]) => /\.onnx$/i.test(pattern) && editor !== profileEditor);
}
