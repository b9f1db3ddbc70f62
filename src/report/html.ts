/**
 * A report as one HTML file: no script, no font, no request to anywhere; light or dark as the reader's system is.
 * Names come from models, so everything is escaped. Pure.
 */
import { type ResultState } from '../protocol/webview';
import { documentOf, type ReportDocument } from './document';
import { type Figure, type FigureBar } from './figures';
import { layerTable } from './layerTable';
import { stylesheet } from './stylesheet';
import { escapeHtml, visibleName } from './text';

/** The page. */
export function reportHtml(state: ResultState): string {
  const document = documentOf(state);
  const { title, sentences, figures, notMeasured, notes, warnings } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Lapidary">
<title>${escapeHtml(title)} · Lapidary</title>
<style>${stylesheet}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${sentences.map((sentence, at) => `<p class="${at === sentences.length - 1 ? 'quiet' : 'done'}">${escapeHtml(sentence)}</p>`).join('\n')}
</header>
<section class="figures" aria-label="Before and after">
${figures.map(figureHtml).join('\n')}
</section>
${notMeasured === undefined ? '' : `<p class="note">Not measured: ${escapeHtml(notMeasured)}</p>`}
${warnings.map((warning) => `<p class="note warning"><strong>Warning:</strong> ${escapeHtml(warning)}</p>`).join('\n')}
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
${gatesHtml(document)}
${skippedHtml(document)}
${layersHtml(document)}
</main>
</body>
</html>
`;
}

function figureHtml({ title, value, change, bars, details, measured }: Figure): string {
  const words = change
    ? `<p class="change ${change.direction}">${arrow(change.direction)}${escapeHtml(change.words)}</p>`
    : '';
  const drawn = bars ? `<div class="bars">${barSvg('before', bars.before)}${barSvg('after', bars.after)}</div>` : '';
  return `<div class="figure">
<h2>${escapeHtml(title)}</h2>
<p class="value${measured ? '' : ' quiet'}">${escapeHtml(visibleName(value))}</p>
${words}${drawn}
${details.map((detail) => `<p class="detail">${escapeHtml(visibleName(detail))}</p>`).join('\n')}
</div>`;
}

/** Colour is never the only sign. */
const arrow = (direction: 'better' | 'worse' | 'same'): string => (direction === 'worse' ? '▲ ' : '');

/** A bar of 100 units with its spread as a line; lengths are attributes, since they may not be styles. */
function barSvg(side: 'before' | 'after', { length, spread }: FigureBar): string {
  const at = (share: number): string => (Math.max(0, Math.min(1, share)) * 100).toFixed(2);
  const line = spread ? `<line class="spread" x1="${at(spread[0])}" x2="${at(spread[1])}" y1="4" y2="4"></line>` : '';
  return `<svg class="bar ${side}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${side}"><rect class="track" width="100" height="8"></rect><rect class="amount" width="${at(length)}" height="8"></rect>${line}</svg>`;
}

function gatesHtml({ gates }: ReportDocument): string {
  if (gates.length === 0) return '';
  const rows = gates.map(({ title, measured, wanted, passed, reason }) => {
    const cells = [title, measured, wanted, [passed ? 'passed' : 'failed', reason].filter(Boolean).join('. ')];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(visibleName(cell))}</td>`).join('')}</tr>`;
  });
  const head = ['Gate', 'Measured', 'Wanted', ''].map((title) => `<th scope="col">${title}</th>`);
  return `<section><h2>Gates</h2><div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></section>`;
}

function skippedHtml({ skipped }: ReportDocument): string {
  if (skipped.length === 0) return '';
  const groups = skipped.map(({ reason, layers }) => {
    const names = layers.map(
      ({ node, opType }) =>
        `<li>${escapeHtml(visibleName(node))} <span class="quiet">${escapeHtml(opType)}</span></li>`,
    );
    const count = `${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`;
    return `<details><summary><strong>${count}</strong> ${escapeHtml(visibleName(reason))}</summary><ul>${names.join('')}</ul></details>`;
  });
  return `<section><h2>Left alone</h2>${groups.join('\n')}</section>`;
}

function layersHtml({ layers }: ReportDocument): string {
  if (layers.length === 0) return '';
  const { columns, cells } = layerTable(layers);
  const head = columns.map(
    ({ title, isNumber }) => `<th scope="col"${isNumber ? ' class="number"' : ''}>${escapeHtml(title)}</th>`,
  );
  const rows = cells.map((row, index) => {
    const tds = row.map((cell, at) => `<td${columns[at]!.isNumber ? ' class="number"' : ''}>${escapeHtml(cell)}</td>`);
    return `<tr class="${layers[index]!.status}">${tds.join('')}</tr>`;
  });
  return `<section><h2>Layers</h2><div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></section>`;
}
