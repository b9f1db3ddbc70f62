/** Which weights stay, from their scores: one number per weight, not negative. */
import { kthSmallest } from '../../numerics/select';

/** Scores of a layer as outputs × inputs (× taps); runs along a row are what N:M patterns count. */
export interface Scored {
  readonly scores: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** 1 for a weight that stays. */
export type Mask = Uint8Array;

/** Exactly `share` of all weights go, over all the layers together (rounded down). */
export function freeMasks(layers: readonly Scored[], share: number): Mask[] {
  const total = layers.reduce((sum, { scores }) => sum + scores.length, 0);
  const count = Math.floor(total * share);
  if (count === 0) return layers.map(({ scores }) => new Uint8Array(scores.length).fill(1));
  const { value, below } = kthSmallest(
    layers.map(({ scores }) => scores),
    count,
  );
  // Of equal ones, the first go until the count is reached.
  let ties = count - below;
  return layers.map(({ scores }) => {
    const mask = new Uint8Array(scores.length);
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      mask[i] = score > value || (score === value && ties-- <= 0) ? 1 : 0;
    }
    return mask;
  });
}

/** What is below `threshold` goes. */
export function thresholdMask({ scores }: Scored, threshold: number): Mask {
  return Uint8Array.from(scores, (score) => (score < threshold ? 0 : 1));
}

/** The `zeros` least of each run of `run` along a row go; of a shorter run at the end, as large a share (rounded down). */
export function runMask({ scores, rows, columns }: Scored, zeros: number, run: number): Mask {
  const mask = new Uint8Array(scores.length).fill(1);
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < columns; from += run) {
      const size = Math.min(run, columns - from);
      const start = row * columns + from;
      const order = Array.from({ length: size }, (_, i) => start + i).sort((a, b) => scores[a]! - scores[b]! || a - b);
      for (const index of order.slice(0, Math.floor((size * zeros) / run))) mask[index] = 0;
    }
  }
  return mask;
}

/** Whole blocks of `side`×`side` go, those of the least mean square; narrower ones at the edges count as what they are. */
export function blockMask({ scores, rows, columns }: Scored, side: number, share: number): Mask {
  const across = Math.ceil(columns / side);
  const energy = new Float64Array(Math.ceil(rows / side) * across);
  const sizes = new Float64Array(energy.length);
  const blockOf = (index: number): number =>
    Math.floor(Math.floor(index / columns) / side) * across + Math.floor((index % columns) / side);
  scores.forEach((score, index) => {
    energy[blockOf(index)]! += score * score;
    sizes[blockOf(index)]!++;
  });
  const order = [...energy.keys()].sort((a, b) => energy[a]! / sizes[a]! - energy[b]! / sizes[b]! || a - b);
  const gone = new Set<number>();
  let left = Math.floor(scores.length * share);
  for (const block of order) {
    if (sizes[block]! > left) break;
    left -= sizes[block]!;
    gone.add(block);
  }
  return Uint8Array.from(scores, (_, index) => (gone.has(blockOf(index)) ? 0 : 1));
}
