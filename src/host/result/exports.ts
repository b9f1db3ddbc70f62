/** A result as a document in each of the formats. Knows no vscode. */
import { type ExportFormat, type ResultState } from '../../protocol/webview';
import { reportCsv } from '../../report/csv';
import { reportHtml } from '../../report/html';
import { reportMarkdown } from '../../report/markdown';
import { resultFile } from './resultNames';

interface Exporter {
  /** What the save dialog calls it. */
  readonly name: string;
  readonly extension: string;
  readonly render: (state: ResultState) => string;
}

/** All formats. */
export const exporters: Readonly<Record<ExportFormat, Exporter>> = {
  html: { name: 'HTML', extension: 'html', render: reportHtml },
  markdown: { name: 'Markdown', extension: 'md', render: reportMarkdown },
  csv: { name: 'CSV', extension: 'csv', render: reportCsv },
  json: { name: 'JSON', extension: 'json', render: ({ report }) => `${JSON.stringify(report, undefined, 2)}\n` },
};

/** Where an export goes unless the person says otherwise: beside the model. */
export function exportPath(state: ResultState, format: ExportFormat): string {
  return `${resultFile(state).replace(/\.onnx$/i, '')}.report.${exporters[format].extension}`;
}
