/** Rows of channels at sampled positions: the same ones of the original and of the model in hand. */
import { type Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { gatherOutputs, samplePositions } from '../../pass/patches';
import { type RuntimeTensor } from '../../runtime/port';

/** Where the model in hand is compared with the original. */
export interface Site {
  readonly node: Node;
  /** Names of the values that the node reads and writes. */
  readonly input: string;
  readonly output: string;
  /** Channels of the output that are left, along `axis`: the last one of products of matrices. */
  readonly channels: number;
  readonly axis: 1 | -1;
  /** Numbers of the input that an element of the output is computed from. */
  readonly width: number;
  /** The channels of the original's output that are left; undefined: all. */
  readonly kept?: readonly number[];
}

/** Rows for each input of a layer, within bounds: so many make a fit that holds on new data. */
const rowsPerInput = 12;
const [fewestRows, mostRows] = [8192, 49152];

/** Rows that are taken of all samples together. */
export const rowsFor = ({ width }: Site): number => Math.min(mostRows, Math.max(fewestRows, rowsPerInput * width));

/** Positions of `total` that are taken of one of `count` samples: the same for inputs and outputs. */
export const chosen = (total: number, site: Site, sample: number, count: number): Int32Array =>
  samplePositions(total, Math.ceil(rowsFor(site) / count), sample + 1);

/** What a value of the shape of the output holds at the positions that are sampled: rows of channels. */
export function outputRows(tensor: RuntimeTensor, site: Site, sample: number, count: number): Float32Array {
  const isProduct = site.axis === -1;
  const [first = 1, , ...sizes] = tensor.shape;
  const counted = isProduct ? tensor.shape.slice(0, -1) : [first, ...sizes];
  const total = countElements(counted);
  return gatherOutputs(tensor, isProduct, chosen(total, site, sample, count));
}

/** Channels of a value of the original. */
export const channelsOf = ({ shape }: RuntimeTensor, { axis }: Site): number => shape.at(axis)!;

/** Columns of the channels that are left, of rows of all of the original's. */
export function keptColumns(rows: Float32Array, channels: number, { kept }: Site): Float32Array {
  if (!kept) return rows;
  const count = rows.length / channels;
  const result = new Float32Array(count * kept.length);
  for (let row = 0; row < count; row++) {
    kept.forEach((channel, column) => (result[row * kept.length + column] = rows[row * channels + channel]!));
  }
  return result;
}
