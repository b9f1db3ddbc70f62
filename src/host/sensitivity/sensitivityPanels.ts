/** The sensitivity pages: one panel for each model and kind of analysis. */
import path from 'node:path';
import * as vscode from 'vscode';
import { passCommand } from '../../manifest/commands';
import { sensitivityView } from '../../manifest/views';
import { type SensitivityReport } from '../../protocol/sensitivity';
import { type FromSensitivityPage, type ToSensitivityPage } from '../../protocol/webview';
import { visibleName } from '../../report/text';
import { loadPage, pageOptions } from '../page/page';

interface Shown {
  readonly panel: vscode.WebviewPanel;
  report: SensitivityReport;
}

/** Opens sensitivity pages. */
export class SensitivityPanels {
  private readonly shown = new Map<string, Shown>();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly failed: (thrown: unknown) => void,
  ) {}

  /** Shows a report, in the panel of an older one about the same model if there is one. */
  async show(report: SensitivityReport): Promise<void> {
    const key = `${report.of} ${report.path}`;
    const known = this.shown.get(key);
    if (known) {
      known.report = report;
      known.panel.reveal();
      await send(known);
      return;
    }
    const title = vscode.l10n.t('Sensitivity of {0}', visibleName(path.basename(report.path)));
    const options = pageOptions(this.extension);
    const panel = vscode.window.createWebviewPanel(sensitivityView, title, vscode.ViewColumn.Active, options);
    const shown: Shown = { panel, report };
    this.shown.set(key, shown);
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'result.svg');
    panel.onDidDispose(() => this.shown.delete(key));
    panel.webview.onDidReceiveMessage((message: FromSensitivityPage) => void this.receive(shown, message));
    loadPage(panel.webview, this.extension, 'sensitivity', title);
  }

  private async receive(shown: Shown, message: FromSensitivityPage): Promise<void> {
    try {
      switch (message.type) {
        case 'ready':
          // A page that was hidden starts anew and asks again.
          return await send(shown);
        case 'copy':
          return await vscode.env.clipboard.writeText(message.text);
        case 'compress': {
          const { of, path: file } = shown.report;
          await vscode.commands.executeCommand(passCommand(nextPass[of]), vscode.Uri.file(file));
        }
      }
    } catch (thrown) {
      this.failed(thrown);
    }
  }
}

/** The pass whose loss was measured. */
const nextPass = { prune: 'prune-channels', factorize: 'factorize', int8: 'quantize-static' } as const;

async function send({ panel, report }: Shown): Promise<void> {
  const translations = vscode.l10n.bundle;
  const message: ToSensitivityPage = { type: 'state', report, ...(translations && { translations }) };
  await panel.webview.postMessage(message);
}
