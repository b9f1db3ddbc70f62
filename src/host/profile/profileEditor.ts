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
import { type Dimensions } from '../models/dimensions';
import { type Inspections } from '../models/inspections';
import { type ModelGroups } from '../models/modelGroups';
import { loadPage, pageOptions } from '../page/page';
import { plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { type Inspector, type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';

/** What is behind the page; all pages of one model share what `inspections` knows. */
export interface ProfileServices {
  readonly extension: vscode.Uri;
  readonly inspections: Inspections;
  readonly dimensions: Dimensions;
  readonly groups: ModelGroups;
  readonly texts: Pick<GraphTextFeature, 'open'>;
  readonly jobs: JobRunner;
  readonly inspector: Inspector;
  readonly failed: (thrown: unknown) => void;
}

/** Offers the editor to VS Code. */
export function registerProfileEditor(services: ProfileServices): vscode.Disposable {
  const provider: vscode.CustomReadonlyEditorProvider = {
    openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: ({ uri }, panel) => {
      const page = new ProfilePage(uri, panel.webview, services);
      panel.onDidDispose(() => page.dispose());
    },
  };
  return vscode.window.registerCustomEditorProvider(profileEditor, provider, {
    supportsMultipleEditorsPerDocument: true,
  });
}

/** One page about one model. */
class ProfilePage implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable;
  /** Of the last question to the inspector: answers to earlier ones come too late. */
  private question = 0;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly webview: vscode.Webview,
    private readonly services: ProfileServices,
  ) {
    const { extension, inspections } = services;
    const name = path.posix.basename(uri.path);
    webview.options = pageOptions(extension);
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name),
    );
    const isOwn = (changed: vscode.Uri): boolean => changed.toString() === uri.toString();
    this.subscriptions = vscode.Disposable.from(
      watcher,
      watcher.onDidChange(() => inspections.forget(uri)),
      watcher.onDidCreate(() => inspections.forget(uri)),
      watcher.onDidDelete(() => inspections.forget(uri)),
      inspections.onDidChange((changed) => {
        if (isOwn(changed)) void this.show();
      }),
      webview.onDidReceiveMessage((message: FromProfilePage) => void this.receive(message)),
    );
    loadPage(webview, extension, 'profile', name);
  }

  dispose(): void {
    this.subscriptions.dispose();
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
          return await this.measure();
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
      const report = await inspections.report(this.uri);
      if (question !== this.question) return;
      const features: ProfileFeatures = { actions: actions(), openText: true, revealLayer: true, measure: true };
      const state = { report: asItCame(report), bindings: dimensions.bindings(this.uri) };
      await this.post({ type: 'state', state, features, translations: vscode.l10n.bundle });
    } catch (thrown) {
      if (question === this.question) await this.post({ type: 'error', error: reportOf(thrown) });
    }
  }

  /** Runs the model; what it tells is shown with the numbers that are on the page by then. */
  private async measure(): Promise<void> {
    if (!(await isTrusted())) return;
    const { jobs, dimensions } = this.services;
    const title = plainMessage(vscode.l10n.t('Measuring {0}', path.posix.basename(this.uri.path)));
    const request = { path: this.uri.fsPath, ...dimensions.bindings(this.uri) };
    const question = this.question;
    const audit = await withProgress(title, (shown) => jobs.run('audit', request, shown));
    if (question === this.question) await this.post({ type: 'measured', audit });
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
