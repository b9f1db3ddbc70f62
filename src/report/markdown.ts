/** A report as Markdown, for pull requests and release notes. Names are escaped: they may hold anything. Pure. */
import { type ResultState } from '../protocol/webview';
import { documentOf } from './document';
import { layerTable } from './layerTable';
import { visibleName } from './text';

/** The document. */
export function reportMarkdown(state: ResultState): string {
  const { title, sentences, figures, gates, notMeasured, notes, warnings, skipped, layers } = documentOf(state);
  const figureRows = figures.map((figure) => [
    figure.title,
    visibleName(figure.value),
    figure.change ? `${figure.change.words}${figure.change.direction === 'worse' ? ' (worse)' : ''}` : '',
    figure.details.map(visibleName).join('; '),
  ]);
  const left = skipped.map(({ reason, layers: group }) => {
    const count = `${group.length} ${group.length === 1 ? 'layer' : 'layers'}`;
    return `- ${count}: ${inline(visibleName(reason))}`;
  });
  const gateRows = gates.map(({ title: name, measured, wanted, passed, reason }) => [
    name,
    measured,
    wanted,
    [passed ? 'passed' : 'failed', reason === undefined ? '' : visibleName(reason)].filter(Boolean).join('. '),
  ]);
  const { columns, cells } = layerTable(layers);
  const parts = [
    `# ${inline(title)}`,
    ...sentences.map(inline),
    table(['', 'Before → after', 'Change', 'Details'], [false, false, false, false], figureRows),
    ...(notMeasured === undefined ? [] : [`Not measured: ${inline(notMeasured)}`]),
    ...warnings.map((warning) => `> **Warning:** ${inline(warning)}`),
    ...notes.map((note) => `> ${inline(note)}`),
    ...(gates.length > 0
      ? ['## Gates', table(['Gate', 'Measured', 'Wanted', ''], [false, false, false, false], gateRows)]
      : []),
    ...(left.length > 0 ? ['## Left alone', left.join('\n')] : []),
    ...(layers.length > 0
      ? [
          '## Layers',
          table(
            columns.map((column) => column.title),
            columns.map((column) => column.isNumber),
            cells,
          ),
        ]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(titles: readonly string[], numbers: readonly boolean[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`;
  const rule = `|${numbers.map((isNumber) => (isNumber ? '---:' : '---')).join('|')}|`;
  return [line(titles), rule, ...rows.map(line)].join('\n');
}

/** What Markdown or HTML would take for markup stands for itself (CommonMark, section 2.4). */
function inline(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~&]/g, '\\$&');
}
