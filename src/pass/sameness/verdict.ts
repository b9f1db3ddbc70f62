/** How far outputs agree. */
import { countElements } from '../../graph/shape';
import { bytesOf, toFloat64 } from '../../numerics/elements';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { type Feeds, type RuntimeTensor } from '../../runtime/port';
import { type Outputs } from './references';

/** What a comparison says: `equal` up to rounding, `unknown` when nothing could be run, or how they differ. */
export type Verdict = string;

/** How the outputs differ, or `equal`. */
export function verdictOn(expected: Outputs, actual: Outputs, minSqnr: number): Verdict {
  for (const [name, reference] of Object.entries(expected)) {
    const other = actual[name];
    if (!other) return `output "${name}" is missing`;
    if (other.dataType !== reference.dataType || other.shape.join() !== reference.shape.join()) {
      return `output "${name}" has another type or shape`;
    }
    const sqnr = similarity(reference, other);
    if (sqnr < minSqnr) return `output "${name}" agrees to ${sqnr.toFixed(0)} dB`;
  }
  return 'equal';
}

/** The SQNR of the output that agrees least, in dB; all of them have to be there. */
export function agreement(expected: Outputs, actual: Outputs): number {
  const each = Object.entries(expected).map(([name, reference]) => {
    const other = actual[name];
    return other?.shape.join() === reference.shape.join() ? similarity(reference, other) : 0;
  });
  return Math.min(...each);
}

/** The same inputs, each float up or down by about its last bit; other types as they are. */
export function nudged(feeds: Feeds): Feeds {
  const moved = Object.entries(feeds).map(([name, tensor]) => {
    if (!(tensor.data instanceof Float32Array)) return [name, tensor] as const;
    const data = tensor.data.map((value, index) => value * (1 + (index % 2 === 0 ? 2 : -1) * 2 ** -24));
    return [name, { ...tensor, data }] as const;
  });
  return Object.fromEntries(moved);
}

/** SQNR in dB; Infinity when equal, NaN and infinities included. */
function similarity(a: RuntimeTensor, b: RuntimeTensor): number {
  if (!ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)) {
    return JSON.stringify(a.data) === JSON.stringify(b.data) ? Infinity : 0;
  }
  const [x, y] = [bytesOf(a.data), bytesOf(b.data)];
  if (Buffer.compare(x, y) === 0) return Infinity;
  const size = countElements(a.shape);
  const [p, q] = [a, b].map(({ dataType, data }) => toFloat64(dataType, bytesOf(data as Uint8Array), size));
  for (let i = 0; i < size; i++) {
    const [left, right] = [p![i]!, q![i]!];
    if (Number.isFinite(left) && Number.isFinite(right)) continue;
    if (!Object.is(left, right)) return 0;
    p![i] = q![i] = 0;
  }
  return sqnrDb(differencePower(p!, q!));
}
