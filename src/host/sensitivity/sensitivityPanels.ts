/** The sensitivity pages: one panel for each model and kind of analysis. */
import * as vscode from 'vscode';
import { passCommand } from '../../manifest/commands';
import { sensitivityView } from '../../manifest/views';
import { type SensitivityReport } from '../../protocol/sensitivity';
import { type FromSensitivityPage, type ToSensitivityPage } from '../../protocol/webview';
import { ReportPanels } from '../page/reportPanels';
import { type SensitivityStore } from './sensitivityStore';

type Said = Exclude<FromSensitivityPage, { type: 'ready' }>;

/** Opens sensitivity pages. */
export class SensitivityPanels extends ReportPanels<SensitivityReport, Said> {
  constructor(extension: vscode.Uri, store: SensitivityStore, failed: (thrown: unknown) => void) {
    super(extension, { view: sensitivityView, bundle: 'sensitivity', store, message, act }, failed);
  }
}

/** The pass whose loss was measured. */
const nextPass = { prune: 'prune-channels', factorize: 'factorize', int8: 'quantize-static' } as const;

async function act(said: Said, { of, path }: SensitivityReport): Promise<undefined> {
  if (said.type === 'copy') await vscode.env.clipboard.writeText(said.text);
  else await vscode.commands.executeCommand(passCommand(nextPass[of]), vscode.Uri.file(path));
  return undefined;
}

const message = (report: SensitivityReport): ToSensitivityPage => ({
  ...{ type: 'state', report },
  ...(vscode.l10n.bundle && { translations: vscode.l10n.bundle }),
});
