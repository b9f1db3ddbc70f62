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
  /**
   * The distinct values of all fields; the first stands for nothing. In pieces, each a JSON list (UTF-8), since who reads
   * them can do nothing else while one is parsed.
   */
  readonly dictionary: readonly Uint8Array[];
}
