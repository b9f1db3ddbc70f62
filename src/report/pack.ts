/**
 * Reports of many layers made small for the way from process to process: dictionary coding by column. A layer is some
 * twenty fields of which most repeat those of other layers; as objects, a hundred thousand layers take seconds to copy,
 * and the process that receives them can do nothing else meanwhile. Pure.
 */
import { type PackedColumn, type PackedReport } from '../protocol/packed';
import { type InspectReport, type LayerReport, type ReportHead } from '../protocol/report';

/**
 * Packs a report, whose layers may be made while they are packed: none is kept. Fields that are undefined are left out,
 * as in JSON.
 */
export function packReport(head: ReportHead, layers: Iterable<LayerReport>): PackedReport {
  const dictionary = new Dictionary();
  const columns = new Map<string, Column>();
  let layerCount = 0;
  for (const layer of layers) {
    for (const field in layer) {
      if (field === positionField) continue;
      let column = columns.get(field);
      if (!column) columns.set(field, (column = new Column(dictionary)));
      column.set(layerCount, layer[field as keyof LayerReport]);
    }
    layerCount++;
  }
  const packed = Array.from(columns, ([field, column]): PackedColumn => {
    return { field, entries: shortest(column.entriesOf(layerCount)) };
  });
  return { packed: true, head, layerCount, columns: packed, dictionary: dictionary.pieces() };
}

/** Says where a layer stands, which its place among the others says already. */
const positionField = 'index';

/** The report again. Equal values of layers are one object now: they are read-only. */
export function unpackReport(packed: PackedReport): InspectReport {
  const layerOf = unpacker(packed, valuesOf(packed));
  return { ...packed.head, layers: Array.from({ length: packed.layerCount }, (_, index) => layerOf(index)) };
}

function valuesOf({ dictionary }: PackedReport): unknown[] {
  return dictionary.flatMap(parsePiece);
}

const parsePiece = (piece: Uint8Array): unknown[] => JSON.parse(new TextDecoder().decode(piece)) as unknown[];

function unpacker({ layerCount, columns }: PackedReport, values: readonly unknown[]): (index: number) => LayerReport {
  const readers = columns.map(({ field, entries }) => ({
    field,
    entries,
    step: entries.length === layerCount ? 1 : 0,
  }));
  return (index) => {
    const layer: Record<string, unknown> = { [positionField]: index };
    for (const { field, entries, step } of readers) {
      const entry = entries[index * step]!;
      if (entry !== 0) layer[field] = values[entry];
    }
    return layer as unknown as LayerReport;
  };
}

/** What a lazy report is made of. */
interface Source {
  readonly packed: PackedReport;
  layers?: readonly LayerReport[];
}

/** The packed form, as far as somebody still has it. */
const sources = new WeakMap<InspectReport, Source>();

/** A report whose layers are unpacked when somebody first asks for one: who only passes it on never pays for them. */
export function lazyReport(packed: PackedReport): InspectReport {
  const source: Source = { packed };
  const report: InspectReport = Object.defineProperty({ ...packed.head, layers: [] }, 'layers', {
    enumerable: true,
    get: () => (source.layers ??= unpackReport(packed).layers),
  });
  sources.set(report, source);
  return report;
}

/** Time that one slice of unpacking may take, ms. */
const sliceMs = 8;

/** Unpacks the layers of a lazy report before somebody asks for them, with a `turn` for others every few milliseconds. */
export async function unpackInSlices(report: InspectReport, turn: () => Promise<unknown>): Promise<void> {
  const source = sources.get(report);
  if (!source || source.layers) return;
  const values: unknown[] = [];
  for (const piece of source.packed.dictionary) {
    for (const value of parsePiece(piece)) values.push(value);
    await turn();
  }
  const layerOf = unpacker(source.packed, values);
  const layers: LayerReport[] = [];
  let started = performance.now();
  while (layers.length < source.packed.layerCount) {
    layers.push(layerOf(layers.length));
    if (layers.length % 256 !== 0 || performance.now() - started < sliceMs) continue;
    await turn();
    started = performance.now();
  }
  source.layers ??= layers;
}

/** A report in the form in which it came, where that was packed. */
export const asItCame = (report: InspectReport): InspectReport | PackedReport => sources.get(report)?.packed ?? report;

/** A report, whichever form it has. */
export const reportOf = (report: InspectReport | PackedReport): InspectReport =>
  'packed' in report ? unpackReport(report) : report;

function shortest(entries: Uint32Array): Uint32Array {
  return entries.length > 1 && entries.every((entry) => entry === entries[0]) ? entries.slice(0, 1) : entries;
}

/** One field, as far as the layers have come. */
class Column {
  private entries = new Uint32Array(64);
  private last: unknown;
  private lastEntry = 0;

  constructor(private readonly dictionary: Dictionary) {}

  set(layer: number, value: unknown): void {
    if (layer >= this.entries.length) {
      const longer = new Uint32Array(2 * layer);
      longer.set(this.entries);
      this.entries = longer;
    }
    // Most fields say of a layer what they said of the one before.
    if (value !== this.last) [this.last, this.lastEntry] = [value, this.dictionary.place(value)];
    this.entries[layer] = this.lastEntry;
  }

  /** An entry for each layer. */
  entriesOf(layerCount: number): Uint32Array {
    if (layerCount <= this.entries.length) return this.entries.slice(0, layerCount);
    const all = new Uint32Array(layerCount);
    all.set(this.entries);
    return all;
  }
}

/** Values of a dictionary that are parsed in one go: a few milliseconds. */
const valuesInPiece = 20_000;

/** Distinct values, in the order in which they come. */
class Dictionary {
  private readonly values: unknown[] = [null];
  /** Positions of text and numbers, of lists of one text by that text, and of everything else by its JSON. */
  private readonly plain = new Map<unknown, number>();
  private readonly singles = new Map<string, number>();
  private readonly others = new Map<string, number>();

  /** Position of a value; 0 for undefined. */
  place(value: unknown): number {
    if (value === undefined) return 0;
    if (typeof value !== 'object' || value === null) return this.placeOf(this.plain, value, value);
    if (Array.isArray(value) && value.length === 1 && typeof value[0] === 'string') {
      return this.placeOf(this.singles, value[0], value);
    }
    return this.placeOf(this.others, JSON.stringify(value), value);
  }

  /** JSON of all values. */
  pieces(): Uint8Array[] {
    const encoder = new TextEncoder();
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < this.values.length; from += valuesInPiece) {
      pieces.push(encoder.encode(JSON.stringify(this.values.slice(from, from + valuesInPiece))));
    }
    return pieces;
  }

  private placeOf<K>(known: Map<K, number>, key: K, value: unknown): number {
    const place = known.get(key);
    if (place !== undefined) return place;
    known.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
