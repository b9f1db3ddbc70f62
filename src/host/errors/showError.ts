/** Shows what went wrong: in a notification what a person needs, in the log everything. */
import * as vscode from 'vscode';
import { type LapidaryError } from '../../protocol/errors';
import { errorText, placeText } from './errorText';

/** Shows an error in the way that suits it. A cancel is what the person wanted: it shows nothing. */
export async function showError(error: LapidaryError, log: vscode.LogOutputChannel): Promise<void> {
  if (error.code === 'cancelled') {
    log.info('cancelled');
    return;
  }
  logError(error, log);
  const showLog = vscode.l10n.t('Show Log');
  const goThere = vscode.l10n.t('Go to Line');
  const { file } = error.place;
  const text = errorText(error, vscode.l10n.t);
  const chosen =
    error.code === 'nothing-to-do'
      ? await vscode.window.showInformationMessage(text, showLog)
      : await vscode.window.showErrorMessage(text, ...(file === undefined ? [] : [goThere]), showLog);
  if (chosen === showLog) log.show();
  else if (chosen === goThere && file !== undefined) await openAt(file, error);
}

/** Opens a text file where the error is. */
async function openAt(file: string, { place: { line = 1, column = 1 } }: LapidaryError): Promise<void> {
  const at = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
}

/** Writes an error to the log: with its stack when the fault is ours or nobody's. */
export function logError(error: LapidaryError, log: vscode.LogOutputChannel): void {
  const where = placeText(error);
  const hint = error.place.hint ? ` ${error.place.hint}` : '';
  const line = `[${error.code}] ${error.message}${where ? ` (${where})` : ''}${hint}`;
  if (error.code === 'nothing-to-do') log.info(line);
  else log.error(line);
  if (error.code === 'internal' || error.code === 'worker-died') log.error(error.stack ?? 'no stack');
}
