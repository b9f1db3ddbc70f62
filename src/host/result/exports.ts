/** A result as a document in each of the formats. Knows no vscode. */
import { type ExportFormat, type ResultState } from '../../protocol/webview';
import { reportCsv } from '../../report/csv';
import { reportHtml } from '../../report/html';
import { reportMarkdown } from '../../report/markdown';
import { resultFile } from './resultNames';

interface Exporter {
  readonly extension: string;
  readonly render: (state: ResultState) => string;
}

const exporters: Readonly<Partial<Record<ExportFormat, Exporter>>> = {
  html: { extension: 'html', render: reportHtml },
  markdown: { extension: 'md', render: reportMarkdown },
  csv: { extension: 'csv', render: reportCsv },
  json: { extension: 'json', render: ({ report }) => `${JSON.stringify(report, undefined, 2)}\n` },
};

/** The formats that there are. */
export const exportFormats = Object.keys(exporters) as readonly ExportFormat[];

/** A document, and the name under which it goes beside the model. */
export function exportResult(state: ResultState, format: ExportFormat): { path: string; text: string } {
  const exporter = exporters[format];
  if (!exporter) throw new Error(`There is no exporter for ${format}`);
  return {
    path: `${resultFile(state).replace(/\.onnx$/i, '')}.report.${exporter.extension}`,
    text: exporter.render(state),
  };
}
