/** What a layer reads while samples go by, kept in the form that takes the least memory to round its weights for. */
import { type LowerTriangle } from '../numerics/linear/compensate';
import { type InputRows } from '../numerics/linear/compensateRows';
import { type GramProduct } from './grams';

/** Inputs of one group: the rows as they came where there are few of them, else their second moments. */
export type SeenInputs =
  { readonly kind: 'rows'; readonly rows: InputRows } | { readonly kind: 'moments'; readonly moments: LowerTriangle };

/** Rows that are multiplied together, and numbers: their product takes longer than adding it to the sum. */
const [blockRows, blockNumbers] = [256, 2 ** 19];

/** Rows that wait to be multiplied. */
const mostWaiting = (width: number, groups: number): number =>
  Math.min(blockRows, Math.ceil(blockNumbers / (width * groups)));

/** Rows of a layer without groups are kept while they are less than half of their second moments. */
const mostKept = (width: number, groups: number): number =>
  Math.max(mostWaiting(width, groups), groups === 1 ? width >> 1 : 0);

/** Bytes that a layer's inputs take at most: the sum of moments, and rows that wait for it. */
export function bytesOfInputs(width: number, groups: number): number {
  return 4 * groups * width * (mostKept(width, groups) + width);
}

/** Inputs of one layer: rows of groups × width. */
export class LayerInputs {
  private sum?: Float32Array;
  private waiting: Float32Array[] = [];
  private waitingRows = 0;

  constructor(
    private readonly width: number,
    private readonly groups: number,
    private readonly gram: GramProduct,
  ) {}

  /** Takes rows of one sample, which it may keep. */
  async add(rows: Float32Array): Promise<void> {
    const { width, groups } = this;
    this.waiting.push(rows);
    this.waitingRows += rows.length / (width * groups);
    if (this.waitingRows >= (this.sum ? mostWaiting(width, groups) : mostKept(width, groups))) await this.flush();
  }

  /** What was seen, by group; undefined where that is nothing. Leaves this empty. */
  async take(): Promise<readonly SeenInputs[] | undefined> {
    const { width, groups } = this;
    if (groups === 1 && !this.sum && this.waitingRows > 0 && this.waitingRows <= width >> 1) {
      return [{ kind: 'rows', rows: { count: this.waitingRows, data: this.takeWaiting() } }];
    }
    if (this.waitingRows > 0) await this.flush();
    const { sum } = this;
    if (!sum) return undefined;
    delete this.sum;
    return Array.from({ length: groups }, (_, group) => ({
      kind: 'moments',
      moments: { rows: width, data: sum.subarray(group * width ** 2, (group + 1) * width ** 2) },
    }));
  }

  private async flush(): Promise<void> {
    const product = await this.gram(this.takeWaiting(), this.width, this.groups);
    const { sum } = this;
    if (!sum) this.sum = product;
    else for (let i = 0; i < sum.length; i++) sum[i]! += product[i]!;
  }

  private takeWaiting(): Float32Array {
    const all = new Float32Array(this.waitingRows * this.width * this.groups);
    let at = 0;
    for (const rows of this.waiting) {
      all.set(rows, at);
      at += rows.length;
    }
    this.waiting = [];
    this.waitingRows = 0;
    return all;
  }
}
