/** An audit as text. */
import { type AuditedLayer, type AuditReport } from '../../protocol/audit';
import { formatMilliseconds, formatShare, formatWhole } from '../../report/format';
import { runsAsText } from '../../report/runsAs';
import { visibleName } from '../../report/text';
import { drawTable, type Column, type TableOptions } from './table';

/** Totals, then the layers: those that do not run in int8, or all. */
export function printAudit(report: AuditReport, all: boolean, options: TableOptions): string[] {
  const { layers, runtime, quantized } = report;
  const listed = layers.filter(({ runsAs }) => all || (quantized && /^float/.test(runsAs)));
  const left = layers.length - listed.length;
  return [
    `${runtime} runs ${countsText(report)}.`,
    ...conversionLines(report),
    ...(quantized ? [] : ['The model is not quantized.']),
    ...(listed.length > 0 ? ['', ...tableOf(listed, options)] : []),
    ...(left > 0 ? ['', `${left} more ${left === 1 ? 'layer' : 'layers'} (--all lists them)`] : []),
  ];
}

function countsText({ counts, layers }: AuditReport): string {
  const kinds = Object.entries(counts) as [AuditedLayer['runsAs'], number][];
  const used = kinds.filter(([, count]) => count > 0).map(([how, count]) => `${count} ${runsAsText(how)}`);
  return `${formatWhole(layers.length)} ${layers.length === 1 ? 'layer' : 'layers'}: ${used.join(', ') || 'none'}`;
}

function conversionLines({ conversions, quantized }: AuditReport): string[] {
  const { quantize, dequantize, layout, latencyMs, totalMs } = conversions;
  if (!quantized && layout === 0) return [];
  const time =
    latencyMs !== undefined && totalMs !== undefined && totalMs > 0
      ? ` take ${formatMilliseconds(latencyMs)} of ${formatMilliseconds(totalMs)} (${formatShare(latencyMs / totalMs)})`
      : ' remain';
  return [`${quantize} quantize, ${dequantize} dequantize and ${layout} layout nodes${time}.`];
}

const columns: readonly Column[] = [
  { title: 'Layer', flexible: true },
  { title: 'Kind' },
  { title: 'Runs as' },
  { title: 'Time', align: 'right' },
  { title: 'Why', flexible: true },
];

function tableOf(layers: readonly AuditedLayer[], options: TableOptions): string[] {
  const cells = layers.map(({ node, opType, runsAs, runtimeNode, fusedInto, latencyMs, reason }) => [
    node,
    opType,
    runsAsText(runsAs),
    latencyMs === undefined ? '' : formatMilliseconds(latencyMs),
    reason ?? (fusedInto !== undefined ? `in ${visibleName(fusedInto)}` : (runtimeNode?.opType ?? '')),
  ]);
  return drawTable(columns, cells, options);
}
