/** The results that are kept, and what was measured of a model. */
import fs from 'node:fs/promises';
import type * as vscode from 'vscode';
import { type MeasuredAgainst } from '../../protocol/check';
import { type ResultState } from '../../protocol/webview';
import { measuredAgainst } from '../../report/latency';
import { ReportStore } from '../page/reportStore';
import { isResultState, resultKey, resultTitle } from './resultNames';

/** The newest results, one for each pair of files. */
export class ResultStore extends ReportStore<ResultState> {
  constructor(state: vscode.Memento, folder: string) {
    super(state, folder, { index: 'lapidary.results', key: resultKey, title: resultTitle, isReport: isResultState });
  }

  /** What was measured last of a model beside the one that it was made from, if that is about the file as it is now. */
  async measured(file: string): Promise<MeasuredAgainst | undefined> {
    const stats = await fs.stat(file).catch(() => undefined);
    const about = this.list().filter(({ key }) => key === file || key.endsWith(`\n${file}`));
    for (const { title, savedAt } of about) {
      // Times of files have fractions of a millisecond, `savedAt` has none.
      if (!stats || Math.floor(stats.mtimeMs) > savedAt) continue;
      const state = await this.load(title);
      const latency = state && (state.kind === 'compress' ? state.report.evaluation : state.report)?.latency;
      if (latency) return measuredAgainst(state.kind === 'compress' ? state.report.input : state.report.a, latency);
    }
    return undefined;
  }
}
