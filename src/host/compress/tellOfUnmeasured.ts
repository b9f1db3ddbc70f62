/** A job that is cancelled while it measures has written its model already: the person decides what becomes of it. */
import path from 'node:path';
import * as vscode from 'vscode';
import { plainMessage } from '../text/plain';

/** Says that the model is there and offers to delete it. */
export async function tellOfUnmeasured(file: string): Promise<void> {
  const remove = vscode.l10n.t('Delete');
  const text = vscode.l10n.t(
    '{0} was finished before you cancelled. Only the comparison with its source is missing.',
    plainMessage(path.basename(file)),
  );
  const chosen = await vscode.window.showInformationMessage(text, remove);
  if (chosen === remove) await vscode.workspace.fs.delete(vscode.Uri.file(file));
}
