/** The result pages: one panel per result, rebuilt whenever it is shown again, restored after a reload. */
import * as vscode from 'vscode';
import { resultView } from '../../manifest/views';
import { type FromResultPage, type ResultFeatures, type ResultState, type ToResultPage } from '../../protocol/webview';
import { loadPage, pageOptions } from '../page/page';
import { type ResultStore } from './resultStore';

/** What the buttons of a page do. */
export interface ResultActions {
  readonly features: (state: ResultState) => ResultFeatures;
  /** Gives a state that says more, when there is more to say. */
  readonly run: (
    message: Exclude<FromResultPage, { type: 'ready' }>,
    state: ResultState,
  ) => Promise<ResultState | undefined>;
}

/** Opens result pages. */
export class ResultPanels implements vscode.Disposable {
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly states = new WeakMap<vscode.WebviewPanel, ResultState>();
  private readonly serializer: vscode.Disposable;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly store: ResultStore,
    private readonly actions: ResultActions,
    private readonly failed: (thrown: unknown) => void,
  ) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(resultView, {
      deserializeWebviewPanel: (panel) => this.restore(panel),
    });
  }

  /** Shows a result that has just been made, in the panel of an older one about the same files if there is one. */
  async show(state: ResultState): Promise<void> {
    const { title } = await this.store.save(state);
    const panel = this.panels.get(title);
    if (!panel) {
      this.create(title, state);
      return;
    }
    this.states.set(panel, state);
    panel.reveal();
    await this.send(panel);
  }

  /** Shows a result that was kept; false when it is gone. */
  async open(title: string): Promise<boolean> {
    const panel = this.panels.get(title);
    if (panel) {
      panel.reveal();
      return true;
    }
    const state = await this.store.load(title);
    if (state) this.create(title, state);
    return state !== undefined;
  }

  /** Ends the restoring. Open pages stay: the window may only be about to reload, and will bring them back. */
  dispose(): void {
    this.serializer.dispose();
  }

  private create(title: string, state: ResultState): void {
    const panel = vscode.window.createWebviewPanel(
      resultView,
      title,
      vscode.ViewColumn.Active,
      pageOptions(this.extension),
    );
    this.fill(panel, state);
  }

  private async restore(panel: vscode.WebviewPanel): Promise<void> {
    const state = await this.store.load(panel.title);
    if (!state || this.panels.has(panel.title)) {
      panel.dispose();
      return;
    }
    panel.webview.options = pageOptions(this.extension);
    this.fill(panel, state);
  }

  private fill(panel: vscode.WebviewPanel, state: ResultState): void {
    const { title, webview } = panel;
    this.panels.set(title, panel);
    this.states.set(panel, state);
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'result.svg');
    panel.onDidDispose(() => this.panels.delete(title));
    webview.onDidReceiveMessage((message: FromResultPage) => void this.receive(panel, message));
    loadPage(webview, this.extension, 'result', title);
  }

  private async receive(panel: vscode.WebviewPanel, message: FromResultPage): Promise<void> {
    const state = this.states.get(panel);
    if (!state) return;
    try {
      // A page that was hidden starts anew and asks again.
      if (message.type === 'ready') await this.send(panel);
      else {
        const next = await this.actions.run(message, state);
        if (next) await this.show(next);
      }
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private async send(panel: vscode.WebviewPanel): Promise<void> {
    const state = this.states.get(panel);
    if (!state) return;
    const features = this.actions.features(state);
    const message: ToResultPage = { type: 'state', state, features, translations: vscode.l10n.bundle };
    await panel.webview.postMessage(message);
  }
}
