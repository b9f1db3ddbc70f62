/** A sensitivity analysis as text: the layers that cost the most come first. */
import { type LayerSensitivity, type SensitivityReport } from '../../protocol/sensitivity';
import { formatBytes, formatDecibels, formatSeconds } from '../../report/format';
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
