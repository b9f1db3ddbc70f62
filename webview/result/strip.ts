/** A result as one strip of bars: which layers it is about, how high each bar is, what it says. Pure. */
import {
  formatBytes,
  formatCount,
  formatDecibels,
  formatMilliseconds,
  formatMillisecondsPair,
  formatPair,
  formatShare,
} from '../../src/report/format';
import { type LayerRow } from '../../src/report/layers';
import { removalText } from '../../src/report/removed';
import { type ReportWords } from '../../src/report/words';

/** What the bars may show. */
export type StripView = 'kept' | 'bytes' | 'macs' | 'latency' | 'output' | 'alone';

/** One layer, or some that follow each other where there is no room for all. Heights from 0 to 1. */
export interface StripBar {
  readonly rows: readonly LayerRow[];
  /** Absent where there is nothing to compare with. */
  readonly before?: number;
  readonly after: number;
  readonly isWorse: boolean;
  /** What it shows, without the name of the layer. */
  readonly value: string;
}

/** The bars in the order in which the layers run; what the full height stands for. */
export interface Strip {
  readonly bars: readonly StripBar[];
  readonly top: string;
}

/** Bars that fit; of more layers, neighbours are put together. */
const room = 180;
/** Decibels at which nothing is worth a look any more: the full height. */
const mostDb = 60;
/** What is lost matters below; well-behaved 8-bit models keep 20 dB. */
const leastDb = 20;

interface Measure {
  readonly id: StripView;
  /** Before and after of one layer; null where it has none. */
  readonly of: (row: LayerRow) => Pair | null;
}

interface Pair {
  readonly before: number | null;
  readonly after: number;
}

const pair = (before: unknown, after: unknown): Pair | null => {
  const [from, to] = [typeof before === 'number' ? before : null, typeof after === 'number' ? after : 0];
  return from === null || (from === 0 && to === 0) ? null : { before: from, after: to };
};
const decibels = (db: number | null): Pair | null => (db === null ? null : { before: null, after: db });

/** The layer's main removal; nodes of a block that is gone have no share that is left. */
const mainRemoval = ({ removed }: LayerRow) => removed[0];

/** The most telling first. */
const measures: readonly Measure[] = [
  { id: 'kept', of: (row) => pair(mainRemoval(row)?.before, mainRemoval(row)?.after) },
  { id: 'output', of: (row) => decibels(row.outputSqnrDb) },
  { id: 'alone', of: (row) => decibels(row.aloneDb) },
  { id: 'latency', of: (row) => pair(row.latencyBeforeMs, row.latencyAfterMs) },
  { id: 'bytes', of: (row) => pair(row.bytesBefore, row.bytesAfter) },
  { id: 'macs', of: (row) => pair(row.macsBefore, row.macsAfter) },
];

/** The views that say something: two layers at least, something that changed, and something that is left. */
export function stripViews(rows: readonly LayerRow[]): StripView[] {
  return measures
    .filter(({ id, of }) => {
      const pairs = rows.flatMap((row) => of(row) ?? []);
      if (pairs.length < 2) return false;
      // Layers that are gone altogether have nothing to compare.
      if (id === 'kept') return pairs.some(({ after }) => after > 0);
      const isComparison = id === 'bytes' || id === 'macs' || id === 'latency';
      return !isComparison || pairs.some(({ before, after }) => before !== after);
    })
    .map(({ id }) => id);
}

/** The strip of one view. */
export function stripOf(rows: readonly LayerRow[], view: StripView, words: ReportWords): Strip {
  const { of } = measures.find(({ id }) => id === view)!;
  const shown = rows.filter((row) => of(row) !== null);
  const bins = binned(shown);
  const isLoss = view === 'output' || view === 'alone';
  const values = bins.map((bin) =>
    combined(
      bin.map((row) => of(row)!),
      isLoss,
    ),
  );
  const largest = Math.max(...values.map(({ before, after }) => Math.max(before ?? 0, Number.isFinite(after) ? after : 0)), 1e-12); // prettier-ignore
  const scale = isLoss ? mostDb : largest;
  const bars = bins.map((rowsOfBar, index): StripBar => {
    const { before, after } = values[index]!;
    const value = valueText(view, rowsOfBar, values[index]!, words);
    if (isLoss) return { rows: rowsOfBar, after: clamp(after / scale), isWorse: after < leastDb, value };
    const from = before ?? 0;
    // What was taken out is read against what the layer had, whatever the others have.
    if (view === 'kept') {
      return { rows: rowsOfBar, before: 1, after: from > 0 ? clamp(after / from) : 0, isWorse: false, value };
    }
    const isWorse = after > from * (view === 'latency' ? 1.1 : 1.005);
    return { rows: rowsOfBar, before: clamp(from / scale), after: clamp(after / scale), isWorse, value };
  });
  return { bars, top: topText(view, largest) };
}

function binned(rows: readonly LayerRow[]): LayerRow[][] {
  const size = Math.max(1, Math.ceil(rows.length / room));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, bin) => rows.slice(bin * size, (bin + 1) * size));
}

/** Sums; of losses the worst. */
function combined(pairs: readonly Pair[], isLoss: boolean): Pair {
  if (isLoss) return { before: null, after: Math.min(...pairs.map(({ after }) => after)) };
  const sum = (key: keyof Pair): number => pairs.reduce((total, each) => total + (each[key] ?? 0), 0);
  return { before: sum('before'), after: sum('after') };
}

function valueText(view: StripView, rows: readonly LayerRow[], { before, after }: Pair, words: ReportWords): string {
  const from = before ?? 0;
  switch (view) {
    case 'kept':
      return rows.length === 1 ? removalText(rows[0]!.removed, words) : formatShare(from > 0 ? after / from : 0);
    case 'bytes':
      return formatPair(from, after, 'B');
    case 'macs':
      return formatPair(from, after);
    case 'latency':
      return formatMillisecondsPair(from, after);
    case 'output':
    case 'alone':
      return formatDecibels(Number.isFinite(after) ? after : null);
  }
}

function topText(view: StripView, largest: number): string {
  switch (view) {
    case 'kept':
      return '100 %';
    case 'bytes':
      return formatBytes(largest);
    case 'macs':
      return formatCount(largest);
    case 'latency':
      return formatMilliseconds(largest);
    case 'output':
    case 'alone':
      return formatDecibels(mostDb);
  }
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
