/** Lets a person open a result that they have closed. */
import * as vscode from 'vscode';
import { familyCommand } from '../../manifest/commands';
import { plainLabel } from '../text/plain';
import { type ResultPanels } from './resultPanels';
import { type ResultStore } from './resultStore';

/** Asks which of the kept results to open. */
export async function openRecentResult(store: ResultStore, panels: ResultPanels): Promise<void> {
  const results = store.list();
  if (results.length === 0) {
    const quantize = vscode.l10n.t('Quantize Model…');
    const text = vscode.l10n.t('There is no result in this workspace yet: compress a model, or compare two.');
    const chosen = await vscode.window.showInformationMessage(text, quantize);
    if (chosen === quantize) await vscode.commands.executeCommand(familyCommand('quantize'));
    return;
  }
  const dates = new Intl.DateTimeFormat(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' });
  const items = results.map(({ title, savedAt }) => ({
    label: plainLabel(title),
    description: dates.format(savedAt),
    title,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Open Recent Result') });
  if (!chosen || (await panels.open(chosen.title))) return;
  void vscode.window.showWarningMessage(vscode.l10n.t('This result is no longer there.'));
}
