/** The layers of a report for a spreadsheet: plain numbers, one row a layer. Pure. */
import { type ResultState } from '../protocol/webview';
import { toDelimited, type Cell } from './delimited';
import { documentOf } from './document';
import { type LayerRow } from './layers';
import { removalText } from './removed';

const columns: Readonly<Record<string, (row: LayerRow) => Cell>> = {
  layer: (row) => row.name,
  kind: (row) => row.kind,
  status: (row) => row.status,
  weight_bytes_before: (row) => row.bytesBefore,
  weight_bytes_after: (row) => row.bytesAfter,
  share_of_weights: (row) => row.share,
  macs_before: (row) => row.macsBefore,
  macs_after: (row) => row.macsAfter,
  latency_before_ms: (row) => row.latencyBeforeMs,
  latency_after_ms: (row) => row.latencyAfterMs,
  weight_sqnr_db: (row) => row.sqnrDb,
  output_sqnr_db: (row) => row.outputSqnrDb,
  alone_sqnr_db: (row) => row.aloneDb,
  removed: (row) => removalText(row.removed),
  runs_as: (row) => row.runsAs,
  runs_as_reason: (row) => row.runsAsReason,
  what: (row) => row.what,
};

/** The table, with a row of titles. */
export function reportCsv(state: ResultState): string {
  const rows = documentOf(state).layers.map((row) => Object.values(columns).map((cell) => cell(row)));
  return toDelimited([Object.keys(columns), ...rows], ',');
}
