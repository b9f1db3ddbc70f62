/** The editor that opens for a model file: what each layer costs, with dimensions that can be changed. Read-only. */
import path from 'node:path';
import * as vscode from 'vscode';
import { familyCommand, type OwnCommandId } from '../../manifest/commands';
import { familiesOf } from '../../manifest/families';
import { profileEditor } from '../../manifest/views';
import { type ErrorReport, LapidaryError } from '../../protocol/errors';
import { type Bindings } from '../../protocol/jobs';
import { type FromProfilePage, type ProfileFeatures, type ToProfilePage } from '../../protocol/webview';
import { hintOf } from '../errors/hints';
import { asItCame } from '../../report/pack';
import { type GraphTextFeature } from '../graphText/graphText';
import { type Audits } from '../models/audits';
import { type Dimensions } from '../models/dimensions';
import { type Inspections } from '../models/inspections';
import { type ModelFiles } from '../models/modelFiles';
import { type ModelGroups } from '../models/modelGroups';
import { loadPage, pageOptions } from '../page/page';
import { type Inspector } from '../worker/jobRunner';
import { PendingLayer } from './pendingLayer';

/** What is behind the page; all pages of one model share what `inspections` and `audits` know. */
export interface ProfileServices {
  readonly extension: vscode.Uri;
  readonly files: ModelFiles;
  readonly inspections: Inspections;
  readonly audits: Audits;
  readonly dimensions: Dimensions;
  readonly groups: ModelGroups;
  readonly texts: Pick<GraphTextFeature, 'open'>;
  readonly inspector: Inspector;
  readonly failed: (thrown: unknown) => void;
}

/** The pages that are open; disposing of it withdraws the editor. */
export class ProfileEditors implements vscode.Disposable {
  private readonly pages = new Set<ProfilePage>();
  /** Layers that pages are to show that VS Code has not made yet, by model. */
  private readonly expected = new Map<string, string>();
  private readonly registration: vscode.Disposable;

  /** Offers the editor to VS Code. */
  constructor(private readonly services: ProfileServices) {
    const provider: vscode.CustomReadonlyEditorProvider = {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, panel) => this.add(uri, panel),
    };
    this.registration = vscode.window.registerCustomEditorProvider(profileEditor, provider, {
      supportsMultipleEditorsPerDocument: true,
    });
  }

  /** Shows a layer in the graph: of a profile that is open, the one in sight first; else of a new one. */
  async revealLayer(model: vscode.Uri, layer: string): Promise<void> {
    const own = [...this.pages].filter((page) => page.isOf(model));
    const page = own.find(({ isActive }) => isActive) ?? own.find(({ isVisible }) => isVisible) ?? own[0];
    if (page) return page.revealLayer(layer);
    this.expected.set(model.toString(), layer);
    await vscode.commands.executeCommand('vscode.openWith', model, profileEditor);
  }

  dispose(): void {
    this.registration.dispose();
  }

  private add(uri: vscode.Uri, panel: vscode.WebviewPanel): void {
    const page = new ProfilePage(uri, panel, this.services);
    this.pages.add(page);
    panel.onDidDispose(() => {
      this.pages.delete(page);
      page.dispose();
    });
    const layer = this.expected.get(uri.toString());
    this.expected.delete(uri.toString());
    if (layer !== undefined) page.revealLayer(layer);
  }
}

/** One page about one model. */
class ProfilePage implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable;
  /** Of the last question to the inspector: answers to earlier ones come too late. */
  private question = 0;
  private readonly pending = new PendingLayer((name) => void this.post({ type: 'showLayer', name }));
  private readonly webview: vscode.Webview;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private readonly services: ProfileServices,
  ) {
    const { extension, files, inspections, audits } = services;
    const { webview } = panel;
    this.webview = webview;
    const name = path.posix.basename(uri.path);
    webview.options = pageOptions(extension);
    const isOwn = (changed: vscode.Uri): boolean => changed.toString() === uri.toString();
    this.subscriptions = vscode.Disposable.from(
      files.follow(uri),
      inspections.onDidChange((changed) => {
        if (isOwn(changed)) void this.show();
      }),
      audits.onDidChange((changed) => {
        if (isOwn(changed)) void this.showAudit();
      }),
      // A page that is hidden starts anew, with a message, when it is shown again.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.pending.pageIsGone();
      }),
      webview.onDidReceiveMessage((message: FromProfilePage) => void this.receive(message)),
    );
    loadPage(webview, extension, 'profile', name);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  get isVisible(): boolean {
    return this.panel.visible;
  }

  isOf(model: vscode.Uri): boolean {
    return this.uri.toString() === model.toString();
  }

  /** Brings the page to the front, and the layer in its graph as soon as it can. */
  revealLayer(layer: string): void {
    this.panel.reveal();
    this.pending.ask(layer);
  }

  private async receive(message: FromProfilePage): Promise<void> {
    try {
      switch (message.type) {
        case 'ready':
          return await this.show();
        case 'bind':
          return await this.bind(message.bindings);
        case 'act':
          if (actions().some(({ id }) => id === message.action)) {
            await vscode.commands.executeCommand(message.action, this.uri);
          }
          return;
        case 'copy':
          return await vscode.env.clipboard.writeText(message.text);
        case 'measure':
          return void (await this.services.audits.run(this.uri));
        case 'groups':
          return await this.findGroups();
        case 'weights':
          return await this.readWeights(message.names);
        case 'openText':
          return await this.services.texts.open(this.uri);
        case 'revealLayer':
          return await this.services.texts.open(this.uri, message.name);
      }
    } catch (thrown) {
      this.services.failed(thrown);
    }
  }

  private async show(): Promise<void> {
    const { inspections, dimensions } = this.services;
    const question = ++this.question;
    try {
      if (this.uri.scheme !== 'file') throw notOnDisk(this.uri);
      const features: ProfileFeatures = { actions: actions(), openText: true, revealLayer: true, measure: true };
      const common = { features, translations: vscode.l10n.bundle };
      const head = inspections.outline(this.uri);
      if (head) await this.post({ type: 'outline', head, bindings: dimensions.bindings(this.uri), ...common });
      const report = await inspections.report(this.uri);
      if (question !== this.question) return;
      const state = { report: asItCame(report), bindings: dimensions.bindings(this.uri) };
      await this.post({ type: 'state', state, ...common });
      await this.showAudit();
      this.pending.pageIsReady();
    } catch (thrown) {
      if (question !== this.question) return;
      this.pending.pageIsGone();
      await this.post({ type: 'error', error: reportOf(thrown) });
    }
  }

  /** What a run told of the numbers that are on the page, or are on their way to it. */
  private async showAudit(): Promise<void> {
    const audit = this.services.audits.report(this.uri);
    if (audit) await this.post({ type: 'measured', audit });
  }

  private async findGroups(): Promise<void> {
    const question = this.question;
    const groups = await this.services.groups.of(this.uri);
    if (question === this.question) await this.post({ type: 'groups', groups });
  }

  private async readWeights(names: readonly string[]): Promise<void> {
    const { tensors } = await this.services.inspector.read('weights', { path: this.uri.fsPath, names });
    await this.post({ type: 'weights', tensors });
  }

  private async bind(bindings: Bindings): Promise<void> {
    const question = ++this.question;
    await this.post({ type: 'busy' });
    try {
      // What is learned makes `inspections` tell all pages of this model, this one too.
      await this.services.inspections.bind(this.uri, bindings);
    } catch (thrown) {
      if (question === this.question) await this.post({ type: 'refused', error: reportOf(thrown) });
    }
  }

  private async post(message: ToProfilePage): Promise<void> {
    await this.webview.postMessage(message);
  }
}

/** The buttons of the page: every family of passes, and comparing. */
function actions(): readonly { readonly id: string; readonly title: string }[] {
  const families = familiesOf().map(({ family, title }) => ({
    id: familyCommand(family),
    title: vscode.l10n.t(title),
  }));
  const compare: OwnCommandId = 'lapidary.compareWith';
  return [...families, { id: compare, title: vscode.l10n.t('Compare With…') }];
}

/** An error as the page shows it, never without what to do. */
function reportOf(thrown: unknown): ErrorReport {
  const error = LapidaryError.from(thrown);
  return { ...error.toReport(), hint: hintOf(error, vscode.l10n.t) || undefined };
}

function notOnDisk(uri: vscode.Uri): LapidaryError {
  return new LapidaryError('unsupported', `${path.posix.basename(uri.path)} is not a file on this machine.`, {
    hint: 'Save it to disk and open it there.',
  });
}
