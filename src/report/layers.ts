/** One row per layer, from what the passes say and what the comparison counted. Pure. */
import { type RunsAs } from '../protocol/audit';
import {
  type ChangedLayer,
  type CompareReport,
  type CompressReport,
  type LayerPair,
  type LayerReport,
  type PlainCost,
  type Removal,
  type SkippedLayer,
} from '../protocol/report';
import { type LayerSensitivity, type QuantizationSensitivity } from '../protocol/sensitivity';
import { elementTypeText } from './elementType';
import { removalsOf } from './removed';
import { englishWords, type ReportWords } from './words';

/** What happened to a layer. `same`: nothing, and nobody asked for anything. */
export type LayerStatus = 'changed' | 'skipped' | 'same' | 'added' | 'removed';

/** A layer as the table shows it; null where nothing is known. */
export interface LayerRow {
  /** Place in the table when it is not sorted: the order of execution. */
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly status: LayerStatus;
  /** Bytes of the layer's weights. */
  readonly bytesBefore: number | null;
  readonly bytesAfter: number | null;
  /** Share of all weights of the model before, 0 to 1. */
  readonly share: number | null;
  readonly macsBefore: PlainCost;
  readonly macsAfter: PlainCost;
  /** Of the weights, dB; Infinity when they are exact. */
  readonly sqnrDb: number | null;
  /** At the output of the layer, all layers together, dB; Infinity when nothing is lost. */
  readonly outputSqnrDb: number | null;
  /** SQNR of the model's outputs with this layer alone in 8 bits, dB, Infinity when nothing is lost; 1 for the worst. */
  readonly aloneDb: number | null;
  readonly aloneRank: number | null;
  /** What it lost of what it had. */
  readonly removed: readonly Removal[];
  /** How the runtime executes it, and which rule keeps it in float ('' for none). */
  readonly runsAs: RunsAs | null;
  readonly runsAsReason: string;
  /** Measured, ms. */
  readonly latencyBeforeMs: number | null;
  readonly latencyAfterMs: number | null;
  /** What changed, or why it was left alone. */
  readonly what: string;
}

/** Rows of a comparison. */
export function compareRows(report: CompareReport, words: ReportWords = englishWords): LayerRow[] {
  const whole = report.cost.before.weightBytes;
  return rowsOf({ pairs: report.layers, changed: [], skipped: [], alone: [], whole }, words);
}

/**
 * Rows of a compression, with what each layer loses alone where that was measured. Without an evaluation only the layers
 * are known that a pass changed or left alone.
 */
export function compressRows(
  report: CompressReport,
  words: ReportWords = englishWords,
  sensitivity?: QuantizationSensitivity,
): LayerRow[] {
  const changed = report.passes.flatMap((pass) => pass.changed);
  const skipped = report.passes.flatMap((pass) => pass.skipped);
  const pairs = report.evaluation?.layers ?? [];
  // Where channels left, layers are compared with the pruned model: "exact" would say nothing of the original.
  const isElsewhere =
    changed.some(({ removed }) => removed) && pairs.every(({ outputSqnrDb }) => (outputSqnrDb ?? null) === null);
  const known = isElsewhere ? pairs.map(({ outputSqnrDb: _, ...pair }) => pair) : pairs;
  const told = { pairs: known, changed, skipped, whole: report.before.weightBytes, alone: sensitivity?.layers ?? [] };
  return rowsOf(told, words);
}

interface Told {
  readonly pairs: readonly LayerPair[];
  readonly changed: readonly ChangedLayer[];
  readonly skipped: readonly SkippedLayer[];
  readonly alone: readonly LayerSensitivity[];
  /** Bytes of all weights of the model before: not every layer has a row. */
  readonly whole: number;
}

function rowsOf({ pairs, changed, skipped, alone, whole }: Told, words: ReportWords): LayerRow[] {
  const changes = byNode(changed);
  const skips = byNode(skipped);
  const losses = new Map(alone.map((each) => [each.node, each]));
  const names = new Set(pairs.map(({ name }) => name));
  const unpaired = [...changes.keys(), ...skips.keys()].filter((name) => !names.has(name) && names.add(name));
  const all: LayerPair[] = [...pairs, ...unpaired.map((name) => ({ name }))];
  const rows = all.map((pair, index) => rowOf(pair, index, changes.get(pair.name), skips.get(pair.name), words));
  return rows.map((row) => {
    const loss = losses.get(row.name);
    const share = whole === 0 ? null : ratio(row.bytesBefore, whole);
    return { ...row, share, ...(loss && { aloneDb: loss.aloneDb ?? Infinity, aloneRank: loss.rank }) };
  });
}

function rowOf(
  pair: LayerPair,
  index: number,
  changes: readonly ChangedLayer[] = [],
  skips: readonly SkippedLayer[] = [],
  words: ReportWords,
): LayerRow {
  const { before, after } = pair;
  const status = statusOf(pair, changes, skips);
  return {
    index,
    name: pair.name,
    kind: before?.kind ?? after?.kind ?? changes[0]?.opType ?? skips[0]?.opType ?? '',
    status,
    // A pass knows best what became of a weight: the graph may keep it in a helper node now.
    bytesBefore: firstOf(changes, 'bytesBefore') ?? before?.weightBytes ?? null,
    bytesAfter: firstOf([...changes].reverse(), 'bytesAfter') ?? after?.weightBytes ?? null,
    share: null,
    macsBefore: before?.macs ?? null,
    macsAfter: after?.macs ?? null,
    sqnrDb: worstSqnr(changes),
    outputSqnrDb: pair.outputSqnrDb === undefined ? null : (pair.outputSqnrDb ?? Infinity),
    aloneDb: null,
    aloneRank: null,
    removed: removalsOf(changes),
    runsAs: pair.runsAs ?? null,
    runsAsReason: pair.runsAsReason ?? '',
    // The time in the whole model, where it was profiled; else what a pass measured of the layer alone.
    latencyBeforeMs: pair.latencyBeforeMs ?? firstOf(changes, 'latencyBeforeMs'),
    latencyAfterMs: pair.latencyAfterMs ?? firstOf([...changes].reverse(), 'latencyAfterMs'),
    what: whatOf(pair, status, changes, skips, words),
  };
}

function statusOf({ before, after }: LayerPair, changes: readonly unknown[], skips: readonly unknown[]): LayerStatus {
  if (changes.length > 0) return 'changed';
  if (before && !after) return 'removed';
  if (after && !before) return 'added';
  if (skips.length > 0) return 'skipped';
  return before && after && differs(before, after) ? 'changed' : 'same';
}

function differs(before: LayerReport, after: LayerReport): boolean {
  return (
    before.kind !== after.kind ||
    before.weightBytes !== after.weightBytes ||
    before.macs !== after.macs ||
    weightTypes(before) !== weightTypes(after)
  );
}

function whatOf(
  { before, after }: LayerPair,
  status: LayerStatus,
  changes: readonly ChangedLayer[],
  skips: readonly SkippedLayer[],
  words: ReportWords,
): string {
  const said = [...changes.map(({ what }) => what), ...skips.map(({ reason }) => reason)];
  if (said.length > 0) return [...new Set(said)].join('; ');
  if (status === 'added') return words.layerAdded;
  if (status === 'removed') return words.layerRemoved;
  return status === 'changed' && before && after ? differenceOf(before, after) : '';
}

/** What a comparison can tell of a layer that both models have. */
function differenceOf(before: LayerReport, after: LayerReport): string {
  if (before.kind !== after.kind) return `${before.kind} → ${after.kind}`;
  const [from, to] = [weightTypes(before), weightTypes(after)];
  return from !== to && from !== '' && to !== '' ? `${from} → ${to}` : '';
}

/** Shapes and types of the weights: "float32[64,3,3,3], float32[64]". */
function weightTypes({ weights }: LayerReport): string {
  return weights.map(({ type, shape }) => `${elementTypeText(type)}[${shape.join(',')}]`).join(', ');
}

function byNode<T extends { readonly node: string }>(layers: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const layer of layers) {
    const known = map.get(layer.node);
    if (known) known.push(layer);
    else map.set(layer.node, [layer]);
  }
  return map;
}

function firstOf<K extends 'bytesBefore' | 'bytesAfter' | 'latencyBeforeMs' | 'latencyAfterMs'>(
  changes: readonly ChangedLayer[],
  key: K,
): number | null {
  return changes.find((change) => change[key] !== undefined)?.[key] ?? null;
}

/** The least SQNR of the passes that say one; they report null for exact. */
function worstSqnr(changes: readonly ChangedLayer[]): number | null {
  const said = changes.flatMap(({ weightSqnrDb }) => (weightSqnrDb === undefined ? [] : [weightSqnrDb ?? Infinity]));
  return said.length === 0 ? null : Math.min(...said);
}

function ratio(part: number | null, whole: number): number | null {
  return part === null ? null : part / whole;
}
