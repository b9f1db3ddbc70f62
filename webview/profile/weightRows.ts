/** The weights of a model as rows, and which of them to read next. */
import { type InspectReport } from '../../src/protocol/report';
import { type WeightReport } from '../../src/protocol/weights';
import { elementTypeText } from '../../src/report/elementType';

/** A tensor, with what is known of its numbers. */
export interface WeightRow {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Estimated from the type: what is read. */
  readonly bytes: number;
  readonly layer: string;
  readonly stats?: WeightReport;
}

/** Weights that are read without being asked for, at most, and in one request. */
const freely = 512e6;
const batchBytes = 32e6;
const batchTensors = 64;

/** All weights in the order of their layers; a shared one stands with the first. */
export function weightRows({ layers }: InspectReport, known: ReadonlyMap<string, WeightReport>): WeightRow[] {
  return layers.flatMap((layer) =>
    layer.weights.map(({ name, type, shape }): WeightRow => {
      const elements = shape.reduce((product, dim) => product * dim, 1);
      const stats = known.get(name);
      const bytes = (elements * bitsOf(type)) / 8;
      return { name, type: elementTypeText(type), shape, elements, bytes, layer: layer.name, ...(stats && { stats }) };
    }),
  );
}

/** Names to ask for next, in order; empty when all that is read freely has been asked for. */
export function nextBatch(rows: readonly WeightRow[], asked: ReadonlySet<string>): string[] {
  let before = rows.reduce((sum, { name, bytes }) => sum + (asked.has(name) ? bytes : 0), 0);
  const names = new Set<string>();
  let batch = 0;
  for (const { name, bytes } of rows) {
    if (asked.has(name) || names.has(name) || before + bytes > freely) continue;
    if (names.size > 0 && (batch + bytes > batchBytes || names.size >= batchTensors)) break;
    names.add(name);
    batch += bytes;
    before += bytes;
  }
  return [...names];
}

function bitsOf(type: string): number {
  const bits = /(\d+)/.exec(type.replace(/e\d+m\d+.*/, ''))?.[1];
  if (bits !== undefined) return Number(bits);
  return type === 'double' ? 64 : type === 'bool' ? 8 : 32;
}
