/** A report of many layers in few objects: what crosses processes and pages at a hundred thousand layers. */
import { type ReportHead } from './report';

/** One field of all layers: a position in the dictionary for each, 0 for a layer without the field. `index` has none: it is the position. */
export interface PackedColumn {
  readonly field: string;
  /** One entry when it is the same for all. */
  readonly entries: Uint32Array;
}

/** An inspection with its layers by column; see `src/report/pack`. Numbers and text move as bytes, not as objects. */
export interface PackedReport {
  readonly packed: true;
  readonly head: ReportHead;
  readonly layerCount: number;
  readonly columns: readonly PackedColumn[];
  /** JSON (UTF-8) of the distinct values of all fields: a list, the first entry of which stands for nothing. */
  readonly dictionary: Uint8Array;
}
