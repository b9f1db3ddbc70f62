/**
 * Where the boxes of a graph stand: layers by longest path, order within a layer by barycentres (Sugiyama, Tagawa and
 * Toda 1981), arrows over several layers led past the boxes in between by invisible ones.
 */

/** Boxes by position: their widths; arrows between them. */
export interface LayoutInput {
  readonly widths: readonly number[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** Middle of each box; for each arrow, the points that it passes, ends included. */
export interface Layout {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly paths: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

/** A point of the drawing. */
export type Point = readonly [x: number, y: number];

/** Distances, in pixels at full size. */
export const boxHeight = 44;
const rowGap = 40;
const columnGap = 24;
const dummyWidth = 12;

/** More invisible boxes than this cost more than they give: then long arrows go straight. */
const mostDummies = 40_000;
const sweeps = 6;

/** Lays out a graph; boxes come in the order in which they run, and arrows against it bend back. */
export function layOut({ widths, edges }: LayoutInput): Layout {
  const rank = ranksOf(widths.length, edges);
  const net = new Net(widths, rank, edges);
  for (let sweep = 0; sweep < sweeps; sweep++) net.sweep(sweep % 2 === 0);
  net.place();
  return net.result();
}

/** Row of each box: below all that it reads from. What reads nothing stands right above its first reader. */
function ranksOf(count: number, edges: LayoutInput['edges']): Int32Array {
  const rank = new Int32Array(count);
  const forward = edges.filter(([from, to]) => from < to).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const hasInput = new Uint8Array(count);
  for (const [from, to] of forward) {
    rank[to] = Math.max(rank[to]!, rank[from]! + 1);
    hasInput[to] = 1;
  }
  const first = new Int32Array(count).fill(-1);
  for (const [from, to] of forward) if (first[from] === -1 || rank[to]! < first[from]!) first[from] = rank[to]!;
  for (let box = 0; box < count; box++) if (hasInput[box] === 0 && first[box]! > 0) rank[box] = first[box]! - 1;
  return rank;
}

/** Boxes and invisible boxes with their neighbours in the rows above and below. */
class Net {
  private readonly x: number[] = [];
  private readonly rank: number[];
  private readonly width: number[];
  private readonly above: number[][];
  private readonly below: number[][];
  private readonly rows: number[][] = [];
  /** The boxes of each arrow, ends included, from its start. */
  private readonly chains: number[][] = [];

  constructor(
    private readonly boxes: readonly number[],
    rank: Int32Array,
    edges: LayoutInput['edges'],
  ) {
    this.width = [...boxes];
    this.rank = [...rank];
    this.above = boxes.map(() => []);
    this.below = boxes.map(() => []);
    let spans = 0;
    for (const [from, to] of edges) spans += Math.max(0, Math.abs(rank[to]! - rank[from]!) - 1);
    for (const [from, to] of edges) this.addEdge(from, to, spans <= mostDummies);
    for (let box = 0; box < this.rank.length; box++) (this.rows[this.rank[box]!] ??= []).push(box);
    for (let row = 0; row < this.rows.length; row++) this.rows[row] ??= [];
  }

  /** Orders each row by the mean position of its neighbours in the row before it. */
  sweep(down: boolean): void {
    const order = [...this.rows.keys()];
    if (!down) order.reverse();
    const position = new Float64Array(this.rank.length);
    for (const row of this.rows) for (const [index, box] of row.entries()) position[box] = index;
    for (const index of order) {
      const row = this.rows[index]!;
      const neighbours = down ? this.above : this.below;
      const keys = new Map(row.map((box) => [box, mean(neighbours[box]!, position) ?? position[box]!]));
      row.sort((a, b) => keys.get(a)! - keys.get(b)!);
      for (const [place, box] of row.entries()) position[box] = place;
    }
  }

  /** Gives every box a place as near as can be to the middle of its neighbours, in the order of its row. */
  place(): void {
    for (const row of this.rows) {
      let left = 0;
      for (const box of row) {
        this.x[box] = left + this.width[box]! / 2;
        left += this.width[box]! + columnGap;
      }
    }
    for (let round = 0; round < 2 * sweeps; round++) {
      const down = round % 2 === 0;
      const order = [...this.rows.keys()];
      if (!down) order.reverse();
      for (const index of order) this.settle(this.rows[index]!, down ? this.above : this.below);
    }
  }

  result(): Layout {
    const { length } = this.boxes;
    const edge = (box: number, side: -1 | 1): number => this.x[box]! + (side * this.width[box]!) / 2;
    const all = [...this.rank.keys()];
    const left = all.reduce((least, box) => Math.min(least, edge(box, -1)), Infinity);
    const right = all.reduce((most, box) => Math.max(most, edge(box, 1)), -Infinity);
    const [x, y] = [new Float64Array(length), new Float64Array(length)];
    const yOf = (box: number): number => this.rank[box]! * (boxHeight + rowGap) + boxHeight / 2;
    for (let box = 0; box < length; box++) [x[box], y[box]] = [this.x[box]! - left, yOf(box)];
    const paths = this.chains.map((chain) => chain.map((box): Point => [this.x[box]! - left, yOf(box)]));
    const height = Math.max(0, this.rows.length * (boxHeight + rowGap) - rowGap);
    return { x, y, paths, width: length === 0 ? 0 : right - left, height };
  }

  private addEdge(from: number, to: number, withDummies: boolean): void {
    const [top, bottom] = this.rank[from]! <= this.rank[to]! ? [from, to] : [to, from];
    const chain = [top];
    let last = top;
    if (withDummies) {
      for (let row = this.rank[top]! + 1; row < this.rank[bottom]!; row++) {
        const dummy = this.rank.push(row) - 1;
        this.width[dummy] = dummyWidth;
        this.above[dummy] = [];
        this.below[dummy] = [];
        this.join(last, dummy);
        chain.push((last = dummy));
      }
    }
    this.join(last, bottom);
    chain.push(bottom);
    this.chains.push(top === from ? chain : chain.reverse());
  }

  private join(above: number, below: number): void {
    this.below[above]!.push(below);
    this.above[below]!.push(above);
  }

  /** Moves the boxes of a row towards where they want to be; groups that touch move as one (pool adjacent violators). */
  private settle(row: readonly number[], neighbours: readonly number[][]): void {
    const groups: { boxes: number[]; offsets: number[]; wish: number; weight: number; width: number }[] = [];
    for (const box of row) {
      const wish = mean(neighbours[box]!, this.x) ?? this.x[box]!;
      // Straight long arrows read best: invisible boxes pull hardest.
      const weight = box >= this.boxes.length ? 4 : neighbours[box]!.length > 0 ? 1 : 0.1;
      const width = this.width[box]! + columnGap;
      let group = { boxes: [box], offsets: [0], wish: wish - width / 2, weight, width };
      for (let last = groups.at(-1); last && last.wish + last.width > group.wish; last = groups.at(-1)) {
        groups.pop();
        const weightSum = last.weight + group.weight;
        group = {
          boxes: [...last.boxes, ...group.boxes],
          offsets: [...last.offsets, ...group.offsets.map((offset) => offset + last.width)],
          wish: (last.wish * last.weight + (group.wish - last.width) * group.weight) / weightSum,
          weight: weightSum,
          width: last.width + group.width,
        };
      }
      groups.push(group);
    }
    for (const { boxes, offsets, wish } of groups) {
      for (const [index, box] of boxes.entries()) {
        this.x[box] = wish + offsets[index]! + (this.width[box]! + columnGap) / 2;
      }
    }
  }
}

function mean(boxes: readonly number[], values: ArrayLike<number>): number | undefined {
  if (boxes.length === 0) return undefined;
  let sum = 0;
  for (const box of boxes) sum += values[box]!;
  return sum / boxes.length;
}
