/** What is known of each model, asked of the inspector process once per state of the file. */
import * as vscode from 'vscode';
import { type Bindings } from '../../protocol/jobs';
import { LapidaryError } from '../../protocol/errors';
import { type InspectReport, type ReportHead } from '../../protocol/report';
import { type Inspector } from '../worker/jobRunner';
import { type Dimensions } from './dimensions';
import { stampOf } from './stamp';

/** Full reports that are kept: more would only hold memory for models that nobody looks at. */
const keptReports = 16;

/** What the first line of a model says. */
export type Known = { readonly summary: string } | { readonly error: LapidaryError };

/** Reports by file. */
export class Inspections implements vscode.Disposable {
  private readonly reports = new Map<string, Promise<InspectReport>>();
  private readonly known = new Map<string, Known>();
  /** What is known of large models whose layers are still being worked out. */
  private readonly outlines = new Map<string, ReportHead>();
  /** Which state of the file a report is about. */
  private readonly stamps = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();

  /** Something new is known of a model, or what was known is no longer true. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly inspector: Inspector,
    private readonly dimensions: Dimensions,
    private readonly summarize: (report: ReportHead) => string,
    private readonly failed: (error: LapidaryError) => void,
  ) {}

  /** The report of a model; throws LapidaryError. By the time it is there, `peek` knows what it says. */
  report(uri: vscode.Uri): Promise<InspectReport> {
    const key = uri.toString();
    const running = this.reports.get(key);
    if (running) return running;
    const onOutline = (head: ReportHead): void => this.learn(uri, report, { summary: this.summarize(head) }, head);
    const report: Promise<InspectReport> = this.inspect(uri, onOutline).then(
      (result) => {
        this.learn(uri, report, { summary: this.summarize(result) });
        return result;
      },
      (thrown: unknown) => {
        const error = LapidaryError.from(thrown, 'internal', { model: uri.fsPath });
        this.failed(error);
        this.learn(uri, report, { error });
        throw error;
      },
    );
    this.reports.set(key, report);
    this.stamps.set(key, stampOf(uri));
    this.forgetOldest();
    return report;
  }

  /** What is known of a large model before its layers, once `onDidChange` has told so and until `report` has them. */
  outline(uri: vscode.Uri): ReportHead | undefined {
    return this.outlines.get(uri.toString());
  }

  /** What is known already, without asking. */
  peek(uri: vscode.Uri): Known | undefined {
    return this.known.get(uri.toString());
  }

  /** Something happened to the file. What is known is dropped, unless it is about the file as it is now. */
  forget(uri: vscode.Uri): void {
    const key = uri.toString();
    if (this.stamps.get(key) === stampOf(uri)) return;
    this.stamps.delete(key);
    this.known.delete(key);
    this.outlines.delete(key);
    if (this.reports.delete(key)) this.changed.fire(uri);
  }

  /** Nobody looks at the model any more: what its first line says is kept, the report is not. */
  release(uri: vscode.Uri): void {
    this.reports.delete(uri.toString());
    this.outlines.delete(uri.toString());
  }

  /** Forgets everything. */
  clear(): void {
    this.known.clear();
    this.reports.clear();
    this.outlines.clear();
    this.stamps.clear();
  }

  /** Stops telling of changes. */
  dispose(): void {
    this.clear();
    this.changed.dispose();
  }

  /**
   * Inspects a model with other values for its dimensions and keeps them. Throws `usage` when they do not fit; then
   * nothing has changed.
   */
  async bind(uri: vscode.Uri, bindings: Bindings): Promise<InspectReport> {
    const report = await this.inspector.inspect({ path: uri.fsPath, ...bindings });
    this.dimensions.set(uri, bindings);
    const promise = Promise.resolve(report);
    this.reports.set(uri.toString(), promise);
    this.stamps.set(uri.toString(), stampOf(uri));
    this.learn(uri, promise, { summary: this.summarize(report) });
    return report;
  }

  private async inspect(uri: vscode.Uri, onOutline: (head: ReportHead) => void): Promise<InspectReport> {
    const bindings = this.dimensions.bindings(uri);
    try {
      return await this.inspector.inspect({ path: uri.fsPath, ...bindings }, { onOutline });
    } catch (thrown) {
      const isUsage = LapidaryError.from(thrown).code === 'usage';
      if (!isUsage || Object.keys(bindings).length === 0) throw thrown;
      // The file has changed and has no longer the dimensions for which values were set.
      this.dimensions.set(uri, {});
      return this.inspector.inspect({ path: uri.fsPath }, { onOutline });
    }
  }

  private learn(uri: vscode.Uri, report: Promise<InspectReport>, known: Known, outline?: ReportHead): void {
    const key = uri.toString();
    // The file may have changed in the meantime: an answer about its former self says nothing.
    if (this.reports.get(key) !== report) return;
    this.known.set(key, known);
    if (outline) this.outlines.set(key, outline);
    else this.outlines.delete(key);
    this.changed.fire(uri);
  }

  private forgetOldest(): void {
    const [oldest] = this.reports.keys();
    if (this.reports.size > keptReports && oldest !== undefined) this.reports.delete(oldest);
  }
}
