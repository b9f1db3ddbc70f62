/** What models say of the programs they were exported from, asked of the inspector process once per model. */
import type * as vscode from 'vscode';
import { LapidaryError } from '../../protocol/errors';
import { type SourcesReport } from '../../protocol/sources';
import { type Dimensions } from '../models/dimensions';
import { type Inspector } from '../worker/jobRunner';

/** Reports by model. */
export class SourceReports {
  private readonly reports = new Map<string, Promise<SourcesReport | undefined>>();

  constructor(
    private readonly inspector: Inspector,
    private readonly dimensions: Dimensions,
    private readonly failed: (error: LapidaryError) => void,
  ) {}

  /** The report of a model; undefined for one that cannot be read, which is told of once. */
  of(model: vscode.Uri): Promise<SourcesReport | undefined> {
    const key = model.toString();
    const known = this.reports.get(key);
    if (known) return known;
    const { dims } = this.dimensions.bindings(model);
    const report = this.inspector.read('sources', { path: model.fsPath, ...(dims && { dims }) }).catch((thrown) => {
      this.failed(LapidaryError.from(thrown, 'internal', { model: model.fsPath }));
      return undefined;
    });
    this.reports.set(key, report);
    return report;
  }

  /** The model has changed. */
  forget(model: vscode.Uri): void {
    this.reports.delete(model.toString());
  }

  /** Nothing is looked at any more. */
  clear(): void {
    this.reports.clear();
  }
}
