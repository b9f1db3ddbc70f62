/** A compression or a comparison as text: one sentence, the figures, what was left alone and why, the layers. */
import { type CompareReport, type CompressReport, type SkippedLayer, type Warning } from '../../protocol/report';
import {
  compareMeasurements,
  compressMeasurements,
  figuresOf,
  type Figure,
  type Measurements,
} from '../../report/figures';
import {
  formatBytes,
  formatCost,
  formatDecibels,
  formatMilliseconds,
  formatSeconds,
  formatShare,
} from '../../report/format';
import { compareRows, compressRows, type LayerRow } from '../../report/layers';
import { groupSkipped } from '../../report/skipped';
import { runsAsText } from '../../report/runsAs';
import { visibleName } from '../../report/text';
import { gateLines } from './gates';
import { displayWidth, drawTable, type Column, type TableOptions } from './table';

/** Rows of the layer table on a terminal; all are in --json. */
const mostLayers = 30;

/** What a pass did to a model. */
export function printCompress(report: CompressReport, options: TableOptions): string[] {
  const { passes, evaluation, evaluationSkipped } = report;
  const skipped = groupSkipped(passes).map(
    ({ reason, layers }) => `  ${layers.length} × ${visibleName(reason)}${layersText(layers)}`,
  );
  const notes = passes.flatMap((pass) => pass.notes).map((note) => `  ${visibleName(note)}`);
  return [
    ...passes.map(({ title, summary, seconds }) => visibleName(`${title} · ${summary} · ${formatSeconds(seconds)}`)),
    `${visibleName(report.input)} → ${visibleName(report.output)}`,
    '',
    ...figureLines(compressMeasurements(report)),
    ...(evaluationSkipped === undefined ? [] : ['', `Not measured: ${visibleName(evaluationSkipped)}`]),
    ...section(
      'Gates',
      gateLines(report).map((line) => `  ${line}`),
    ),
    ...section('Left alone', skipped),
    ...section('Notes', notes),
    ...warningLines(evaluation?.warnings ?? []),
    ...layerLines(compressRows(report), options),
  ];
}

/** How two models differ. */
export function printCompare(report: CompareReport, options: TableOptions): string[] {
  return [
    `${visibleName(report.a)} → ${visibleName(report.b)}`,
    '',
    ...figureLines(compareMeasurements(report)),
    ...outputLines(report, options),
    ...warningLines(report.warnings),
    ...layerLines(compareRows(report), options),
  ];
}

/** Which layers, where they are few; all are in --json. */
const layersText = (layers: readonly SkippedLayer[]): string =>
  layers.length > 3 ? '' : ` (${layers.map(({ node }) => visibleName(node)).join(', ')})`;

const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', title, ...lines] : []);

const figureColumns: readonly Column[] = [{ title: '' }, { title: '' }, { title: '' }];

/** A line for each figure, what is known beside it below. */
function figureLines(measured: Measurements): string[] {
  const figures = figuresOf(measured);
  const cells = figures.map((figure) => [figure.title, figure.value, changeText(figure)]);
  const [, , ...rows] = drawTable(figureColumns, cells);
  const indent = Math.max(...figures.map(({ title }) => displayWidth(title))) + 4;
  return figures.flatMap(({ details }, at) => [
    `  ${rows[at]!}`,
    ...details.map((detail) => ' '.repeat(indent) + visibleName(detail)),
  ]);
}

const changeText = ({ change }: Figure): string =>
  change ? (change.direction === 'worse' ? `${change.words} (!)` : change.words) : '';

function outputLines({ quality }: CompareReport, options: TableOptions): string[] {
  if (quality.outputs.length < 2) return [];
  const columns: Column[] = [
    { title: 'Output', flexible: true },
    { title: 'SQNR', align: 'right' },
    { title: 'Cosine', align: 'right' },
    { title: 'Max error', align: 'right' },
    { title: 'Top-1 agreement', align: 'right' },
  ];
  const rows = quality.outputs.map(({ name, sqnrDb, cosine, maxAbsError, top1Agreement }) => [
    name,
    formatDecibels(sqnrDb),
    cosine.toFixed(6),
    maxAbsError.toPrecision(3),
    top1Agreement === undefined ? '' : formatShare(top1Agreement),
  ]);
  return ['', ...drawTable(columns, rows, options)];
}

function warningLines(warnings: readonly Warning[]): string[] {
  return section(
    'Warnings',
    warnings.map(({ message, node }) => `  ${visibleName(node === undefined ? message : `${node}: ${message}`)}`),
  );
}

const layerColumns: readonly Column[] = [
  { title: 'Layer', flexible: true },
  { title: 'Kind', flexible: true },
  { title: 'Before', align: 'right' },
  { title: 'After', align: 'right' },
  { title: 'Share', align: 'right' },
  { title: 'MACs', align: 'right' },
  { title: 'SQNR', align: 'right' },
  { title: 'Latency', align: 'right' },
  { title: 'Runs as' },
  { title: 'What', flexible: true },
];

/** The largest layers that something happened to. */
function layerLines(rows: readonly LayerRow[], options: TableOptions): string[] {
  const touched = rows.filter(({ status }) => status === 'changed' || status === 'added' || status === 'removed');
  const largest = [...touched].sort((a, b) => (b.bytesBefore ?? 0) - (a.bytesBefore ?? 0)).slice(0, mostLayers);
  if (largest.length === 0) return [];
  const shown = new Set(largest);
  const cells = touched.filter((row) => shown.has(row)).map(layerCells);
  // A column in which nothing stands says nothing.
  const used = layerColumns.map((_, at) => cells.some((row) => row[at] !== ''));
  const columns = layerColumns.filter((_, at) => used[at]);
  const table = drawTable(
    columns,
    cells.map((row) => row.filter((_, at) => used[at])),
    options,
  );
  const left = touched.length - largest.length;
  return ['', ...table, ...(left > 0 ? [`… and ${left} smaller layers (all of them in --json)`] : [])];
}

function layerCells(row: LayerRow): string[] {
  const { latencyBeforeMs, latencyAfterMs } = row;
  return [
    row.name,
    row.kind,
    bytes(row.bytesBefore),
    bytes(row.bytesAfter),
    row.share ? formatShare(row.share) : '',
    row.macsBefore === 0 || row.macsBefore === null ? '' : formatCost(row.macsBefore),
    sqnr(row.outputSqnrDb ?? row.sqnrDb),
    latencyBeforeMs === null || latencyAfterMs === null
      ? ''
      : `${formatMilliseconds(latencyBeforeMs)} → ${formatMilliseconds(latencyAfterMs)}`,
    row.runsAs === null ? '' : runsAsText(row.runsAs),
    row.what,
  ];
}

const sqnr = (db: number | null): string => (db === null ? '' : formatDecibels(Number.isFinite(db) ? db : null));

const bytes = (count: number | null): string => (count === null || count === 0 ? '' : formatBytes(count));
