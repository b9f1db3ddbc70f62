/** The layer table of exported documents: its columns, and cells as text. Pure. */
import { formatBytes, formatCost, formatDecibels, formatMillisecondsPair, formatShare } from './format';
import { type LayerRow } from './layers';
import { removalText } from './removed';
import { runsAsText } from './runsAs';
import { visibleName } from './text';

/** A column; numbers are aligned at the right. */
export interface LayerColumn {
  readonly title: string;
  readonly isNumber: boolean;
  readonly cell: (row: LayerRow) => string;
}

const bytes = (count: number | null): string => (count === null || count === 0 ? '' : formatBytes(count));

const columns: readonly LayerColumn[] = [
  { title: 'Layer', isNumber: false, cell: (row) => visibleName(row.name) },
  { title: 'Kind', isNumber: false, cell: (row) => visibleName(row.kind) },
  { title: 'Before', isNumber: true, cell: (row) => bytes(row.bytesBefore) },
  { title: 'After', isNumber: true, cell: (row) => bytes(row.bytesAfter) },
  { title: 'Share', isNumber: true, cell: (row) => (row.share ? formatShare(row.share) : '') },
  { title: 'MACs', isNumber: true, cell: (row) => macs(row) },
  { title: 'Latency', isNumber: true, cell: (row) => latency(row) },
  { title: 'SQNR', isNumber: true, cell: (row) => sqnr(row.outputSqnrDb) },
  { title: 'Weight SQNR', isNumber: true, cell: (row) => sqnr(row.sqnrDb) },
  { title: 'Alone', isNumber: true, cell: (row) => sqnr(row.aloneDb) },
  { title: 'Removed', isNumber: false, cell: (row) => removalText(row.removed) },
  { title: 'Runs as', isNumber: false, cell: (row) => (row.runsAs === null ? '' : runsAsText(row.runsAs)) },
  { title: 'What happened', isNumber: false, cell: (row) => visibleName(row.what) },
];

/** The columns in which something stands, and the cells of all rows. */
export function layerTable(rows: readonly LayerRow[]): { columns: readonly LayerColumn[]; cells: readonly string[][] } {
  const all = rows.map((row) => columns.map((column) => column.cell(row)));
  const used = columns.map((_, at) => all.some((cells) => cells[at] !== ''));
  return {
    columns: columns.filter((_, at) => used[at]),
    cells: all.map((cells) => cells.filter((_, at) => used[at])),
  };
}

function macs({ macsBefore, macsAfter }: LayerRow): string {
  const [from, to] = [macsBefore ?? 0, macsAfter ?? macsBefore ?? 0];
  if (from === 0 && to === 0) return '';
  return from === to ? formatCost(from) : `${formatCost(from)} → ${formatCost(to)}`;
}

function latency({ latencyBeforeMs, latencyAfterMs }: LayerRow): string {
  return latencyBeforeMs === null || latencyAfterMs === null
    ? ''
    : formatMillisecondsPair(latencyBeforeMs, latencyAfterMs);
}

function sqnr(db: number | null): string {
  if (db === null) return '';
  return formatDecibels(db === Infinity ? null : db);
}
