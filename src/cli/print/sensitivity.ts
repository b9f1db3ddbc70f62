/** A sensitivity analysis as text: the layers that cost the most come first. */
import {
  type CurvePoint,
  type LayerSensitivity,
  type CurveSensitivity,
  type QuantizationSensitivity,
  type SensitivityReport,
} from '../../protocol/sensitivity';
import { formatBytes, formatDecibels, formatSeconds, formatShare } from '../../report/format';
import { visibleName } from '../../report/text';
import { drawTable, type Column, type TableOptions } from './table';

const columns: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'Layer', flexible: true },
  { title: 'Kind' },
  { title: 'Size', align: 'right' },
  { title: 'Weights', align: 'right' },
  { title: 'Alone', align: 'right' },
  { title: 'Together', align: 'right' },
];

/** What was measured, the table, and what to make of it. */
export function printSensitivity(report: SensitivityReport, options: TableOptions): string[] {
  return report.of === 'int8' ? printLayers(report, options) : printCurves(report, options);
}

function printLayers(report: QuantizationSensitivity, options: TableOptions): string[] {
  const ranked = [...report.layers].sort((a, b) => a.rank - b.rank);
  const { allDb, samples, calibrationSamples, data, notes, seconds } = report;
  return [
    `${visibleName(report.path)} · every layer in 8 bits: SQNR ${formatDecibels(allDb)} · ${formatSeconds(seconds)}`,
    visibleName(`${samples} of ${data}; ranges learnt from ${calibrationSamples}`),
    '',
    ...drawTable(columns, ranked.map(cellsOf), options),
    '',
    'SQNR of the weights; of the outputs, that layer alone quantized; at its output, all quantized together.',
    ...notes.map((note) => visibleName(note)),
  ];
}

function cellsOf({ rank, node, opType, weightBytes, weightDb, aloneDb, cumulativeDb }: LayerSensitivity): string[] {
  const decibels = (db: number | null | undefined): string => (db === undefined ? '' : formatDecibels(db));
  const bytes = weightBytes > 0 ? formatBytes(weightBytes) : '';
  return [String(rank), node, opType, bytes, decibels(weightDb), decibels(aloneDb), decibels(cumulativeDb)];
}

/** One column for each share that was tried. */
function printCurves(report: CurveSensitivity, options: TableOptions): string[] {
  const { of, path, curves, leftOut, criterion, ratios, accuracy, samples, data, notes, seconds } = report;
  const ranked = [...curves].sort((a, b) => a.rank - b.rank);
  const rows = ranked.map(({ rank, nodes, channels, points }) => [
    String(rank),
    nodes.length > 1 ? `${nodes[0]} and ${nodes.length - 1} more` : (nodes[0] ?? ''),
    String(channels),
    ...ratios.map((ratio) => formatDecibels(nearestPoint(points, ratio)?.db ?? null)),
  ]);
  const tops = accuracy === undefined ? [] : [`Top-1 of the whole model on them: ${formatShare(accuracy)}`];
  return [
    `${visibleName(path)} · SQNR of the outputs with one ${of === 'prune' ? 'group of channels pruned' : 'layer of lower rank'} · ${formatSeconds(seconds)}`,
    visibleName(`${samples} of ${data}${of === 'prune' ? `; channels leave in the order of "${criterion}"` : ''}`),
    ...tops,
    '',
    ...drawTable(
      [
        { title: '#', align: 'right' },
        { title: of === 'prune' ? 'Group made by' : 'Layer', flexible: true },
        { title: of === 'prune' ? 'Channels' : 'Rank', align: 'right' },
        ...ratios.map((ratio) => ({ title: `−${Number((100 * ratio).toFixed(1))} %`, align: 'right' as const })),
      ],
      rows,
      options,
    ),
    ...leftOut.map(({ nodes, reason }) => visibleName(`Left out: ${nodes[0] ?? ''}. ${reason}`)),
    ...notes.map((note) => visibleName(note)),
  ];
}

/** What was tried nearest to a share. */
function nearestPoint(points: readonly CurvePoint[], ratio: number): CurvePoint | undefined {
  const distance = ({ share }: CurvePoint): number => Math.abs(share - ratio);
  return points.reduce<CurvePoint | undefined>(
    (best, point) => (best && distance(best) <= distance(point) ? best : point),
    undefined,
  );
}
