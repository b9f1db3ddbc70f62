/** Which sensitivity reports are kept, and how their tabs are called. */
import type * as vscode from 'vscode';
import { type SensitivityReport } from '../../protocol/sensitivity';
import { visibleName } from '../../report/text';
import { distinctTitle, ReportStore } from '../page/reportStore';

/** What was tried, at the end of a title. Two analyses of one model must not share a title. */
export type SensitivityTitle = (of: SensitivityReport['of'], file: string) => string;

/** The newest reports, one for each model and kind of analysis. */
export class SensitivityStore extends ReportStore<SensitivityReport> {
  constructor(state: vscode.Memento, folder: string, title: SensitivityTitle) {
    super(state, folder, {
      index: 'lapidary.sensitivities',
      key: ({ of, path }) => `${of}\n${path}`,
      title: ({ of, path }, others) => distinctTitle((shorten) => title(of, visibleName(shorten(path))), others),
      isReport: isSensitivityReport,
    });
  }
}

function isSensitivityReport(value: unknown): value is SensitivityReport {
  if (typeof value !== 'object' || value === null || !('of' in value) || !('path' in value)) return false;
  if (value.of === 'int8') return 'layers' in value && 'allDb' in value;
  return (value.of === 'prune' || value.of === 'factorize') && 'curves' in value && 'ratios' in value;
}
