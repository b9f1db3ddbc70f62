/** How the runtime executes the layers of models that somebody asked it about; kept until the file changes. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type AuditedLayer, type AuditReport } from '../../protocol/audit';
import { plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { type Dimensions } from './dimensions';
import { stampOf } from './inspections';

interface Audited {
  /** The state of the file. */
  readonly stamp: string;
  readonly layers: ReadonlyMap<string, AuditedLayer>;
}

/** Audits by model. */
export class Audits implements vscode.Disposable {
  private readonly known = new Map<string, Audited>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();

  /** More is known of a model. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly jobs: JobRunner,
    private readonly dimensions: Dimensions,
  ) {}

  /** Runs the model behind a notification, with the time of each layer; undefined where nothing may run. */
  async run(model: vscode.Uri): Promise<AuditReport | undefined> {
    if (!(await isTrusted())) return undefined;
    const title = plainMessage(vscode.l10n.t('Measuring {0}', path.posix.basename(model.path)));
    const request = { path: model.fsPath, ...this.dimensions.bindings(model) };
    const stamp = stampOf(model);
    const audit = await withProgress(title, (shown) => this.jobs.run('audit', request, shown));
    const layers = new Map(audit.layers.map((layer) => [layer.node, layer]));
    this.known.set(model.toString(), { stamp, layers });
    this.changed.fire(model);
    return audit;
  }

  /** How a layer runs, where that was found out for the file as it is. */
  of(model: vscode.Uri, layer: string): AuditedLayer | undefined {
    return this.known.get(model.toString())?.layers.get(layer);
  }

  /** Something happened to the file. */
  forget(model: vscode.Uri): void {
    if (this.known.get(model.toString())?.stamp === stampOf(model)) return;
    if (this.known.delete(model.toString())) this.changed.fire(model);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
