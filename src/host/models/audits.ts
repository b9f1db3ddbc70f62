/** How the runtime executes the layers of models that somebody asked it about: one truth for the tree and the pages. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type AuditedLayer, type AuditReport } from '../../protocol/audit';
import { plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { type Dimensions } from './dimensions';
import { type Inspections } from './inspections';
import { stampOf } from './stamp';

interface Audited {
  /** What was run: the state of the file, and the values of its dimensions. */
  readonly subject: string;
  readonly report: AuditReport;
  readonly layers: ReadonlyMap<string, AuditedLayer>;
}

/** Audits by model, kept until the file or its dimensions change. */
export class Audits implements vscode.Disposable {
  private readonly known = new Map<string, Audited>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly subscriptions: vscode.Disposable;

  /** More is known of a model, or what was known is no longer true. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly jobs: JobRunner,
    private readonly dimensions: Dimensions,
    inspections: Inspections,
  ) {
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      inspections.onDidChange((model) => this.forget(model)),
    );
  }

  /** Runs the model behind a notification, with the time of each layer; undefined where nothing may run. */
  async run(model: vscode.Uri): Promise<AuditReport | undefined> {
    if (!(await isTrusted())) return undefined;
    const title = plainMessage(vscode.l10n.t('Measuring {0}', path.posix.basename(model.path)));
    const request = { path: model.fsPath, ...this.dimensions.bindings(model) };
    const subject = this.subjectOf(model);
    const report = await withProgress(title, (shown) => this.jobs.run('audit', request, shown));
    // Of a file that was replaced meanwhile, it says nothing.
    if (subject !== this.subjectOf(model)) return report;
    const layers = new Map(report.layers.map((layer) => [layer.node, layer]));
    this.known.set(model.toString(), { subject, report, layers });
    this.changed.fire(model);
    return report;
  }

  /** What was found out of a model as it is. */
  report(model: vscode.Uri): AuditReport | undefined {
    this.forget(model);
    return this.known.get(model.toString())?.report;
  }

  /** How a layer runs, where that was found out. */
  of(model: vscode.Uri, layer: string): AuditedLayer | undefined {
    return this.known.get(model.toString())?.layers.get(layer);
  }

  /** Something may have happened to the model. */
  forget(model: vscode.Uri): void {
    const audited = this.known.get(model.toString());
    if (!audited || audited.subject === this.subjectOf(model)) return;
    this.known.delete(model.toString());
    this.changed.fire(model);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private subjectOf(model: vscode.Uri): string {
    return JSON.stringify([stampOf(model), this.dimensions.bindings(model)]);
  }
}
