/** Pages of stored reports: one panel per report, rebuilt whenever it is shown again, restored after a reload. */
import * as vscode from 'vscode';
import { loadPage, type PageName, pageOptions } from './page';
import { type ReportStore } from './reportStore';

/** What sets one kind of page apart. `Said` is what a page says beside that it is ready. */
export interface ReportPage<Report, Said> {
  /** Type of the webview, for its restoration. */
  readonly view: string;
  readonly bundle: PageName;
  readonly store: ReportStore<Report>;
  /** The message that shows a report. */
  message(report: Report): unknown;
  /** Does what a button asks for; gives a report that says more, when there is more to say. */
  act(said: Said, report: Report): Promise<Report | undefined>;
}

/** Opens the pages of one kind. */
export class ReportPanels<Report, Said extends { readonly type: string }> implements vscode.Disposable {
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly reports = new WeakMap<vscode.WebviewPanel, Report>();
  private readonly serializer: vscode.Disposable;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly page: ReportPage<Report, Said>,
    private readonly failed: (thrown: unknown) => void,
  ) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(page.view, {
      deserializeWebviewPanel: (panel) => this.restore(panel),
    });
  }

  /** Shows a report that has just been made, in the panel of an older one about the same things if there is one. */
  async show(report: Report): Promise<void> {
    const { title } = await this.page.store.save(report);
    const panel = this.panels.get(title);
    if (!panel) {
      this.create(title, report);
      return;
    }
    this.reports.set(panel, report);
    panel.reveal();
    await this.send(panel);
  }

  /** Shows a report that was kept; false when it is gone. */
  async open(title: string): Promise<boolean> {
    const panel = this.panels.get(title);
    if (panel) {
      panel.reveal();
      return true;
    }
    const report = await this.page.store.load(title);
    if (report) this.create(title, report);
    return report !== undefined;
  }

  /** Ends the restoring. Open pages stay: the window may only be about to reload, and will bring them back. */
  dispose(): void {
    this.serializer.dispose();
  }

  private create(title: string, report: Report): void {
    const { view } = this.page;
    const options = pageOptions(this.extension);
    this.fill(vscode.window.createWebviewPanel(view, title, vscode.ViewColumn.Active, options), report);
  }

  private async restore(panel: vscode.WebviewPanel): Promise<void> {
    const report = await this.page.store.load(panel.title);
    if (!report || this.panels.has(panel.title)) {
      panel.dispose();
      return;
    }
    panel.webview.options = pageOptions(this.extension);
    this.fill(panel, report);
  }

  private fill(panel: vscode.WebviewPanel, report: Report): void {
    const { title, webview } = panel;
    this.panels.set(title, panel);
    this.reports.set(panel, report);
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'result.svg');
    panel.onDidDispose(() => this.panels.delete(title));
    webview.onDidReceiveMessage((message: Said | { type: 'ready' }) => void this.receive(panel, message));
    loadPage(webview, this.extension, this.page.bundle, title);
  }

  private async receive(panel: vscode.WebviewPanel, message: Said | { readonly type: 'ready' }): Promise<void> {
    const report = this.reports.get(panel);
    if (!report) return;
    try {
      // A page that was hidden starts anew and asks again.
      if (message.type === 'ready') await this.send(panel);
      else {
        const next = await this.page.act(message as Said, report);
        if (next) await this.show(next);
      }
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private async send(panel: vscode.WebviewPanel): Promise<void> {
    const report = this.reports.get(panel);
    if (report) await panel.webview.postMessage(this.page.message(report));
  }
}
