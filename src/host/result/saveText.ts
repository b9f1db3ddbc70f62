/** Saves a text where the person wants it. */
import path from 'node:path';
import * as vscode from 'vscode';
import { plainMessage } from '../text/plain';

/** Asks where, writes, and offers to open what was written. `text` may depend on where that is. */
export async function saveText(
  suggested: string,
  text: string | ((file: string) => string),
  filters: Record<string, string[]>,
): Promise<void> {
  const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(suggested), filters });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(typeof text === 'string' ? text : text(target.fsPath)));
  const open = vscode.l10n.t('Open');
  const message = vscode.l10n.t('Saved {0}.', plainMessage(path.basename(target.fsPath)));
  // Not awaited: the page's buttons must not wait until the notification is gone.
  void vscode.window.showInformationMessage(message, open).then((chosen) => {
    if (chosen !== open) return;
    // A browser shows a page as a page; everything else is a text.
    if (target.fsPath.endsWith('.html')) void vscode.env.openExternal(target);
    else void vscode.commands.executeCommand('vscode.open', target);
  });
}
