/** Models are run and files written only in workspaces that the person trusts. */
import * as vscode from 'vscode';

/** True when the workspace is trusted; else says what is in the way and how to change it. */
export async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const text = vscode.l10n.t('Lapidary runs and writes models only in a workspace that you trust.');
  if ((await vscode.window.showWarningMessage(text, manage)) === manage) {
    await vscode.commands.executeCommand('workbench.trust.manage');
  }
  return false;
}
