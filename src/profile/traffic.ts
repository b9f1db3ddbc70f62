/**
 * Bytes that a node moves, and its arithmetic intensity: what a roofline model (Williams, Waterman, Patterson 2009) asks
 * for. Each distinct operand counts once, weights in the type in which they are stored, as if nothing stayed in a cache; views
 * move nothing; Gather and its kin read the rows that they pick, not the table.
 */
import { type Node } from '../graph/node';
import { type Value } from '../graph/value';
import { isView } from './memory';

/** Bytes in and out of one execution; null when a size is unknown. */
export interface Traffic {
  readonly bytesRead: number | null;
  readonly bytesWritten: number | null;
}

/** Operators that pick parts of their first input: they read as much of it as they write. */
const pickers = new Set(['Gather', 'GatherElements', 'GatherND', 'Slice', 'Split', 'Shape', 'Size']);

/** Traffic of a node, given the bytes of each value (null: unknown). */
export function trafficOf(node: Node, bytesOf: (value: Value) => number | null): Traffic {
  if (isView(node) || node.is('Constant')) return { bytesRead: 0, bytesWritten: 0 };
  const sum = (values: Iterable<Value | undefined>): number | null => {
    let total = 0;
    for (const value of values) {
      const bytes = value ? bytesOf(value) : 0;
      if (bytes === null) return null;
      total += bytes;
    }
    return total;
  };
  const bytesWritten = sum(node.outputs);
  if (!pickers.has(node.opType)) return { bytesRead: sum(new Set(node.inputs)), bytesWritten };
  if (node.is('Shape') || node.is('Size')) return { bytesRead: 0, bytesWritten };
  const indices = sum(new Set(node.inputs.slice(1)));
  const bytesRead = bytesWritten === null || indices === null ? null : bytesWritten + indices;
  return { bytesRead, bytesWritten };
}

/** FLOPs for each byte moved; null when one is unknown or nothing is moved. */
export function intensityOf(flops: number | null, { bytesRead, bytesWritten }: Traffic): number | null {
  if (flops === null || bytesRead === null || bytesWritten === null || bytesRead + bytesWritten === 0) return null;
  return flops / (bytesRead + bytesWritten);
}
