/** What a layer reads while samples go by, kept in the form that takes the least memory to round its weights for. */
import { type LowerTriangle } from '../numerics/linear/compensate';
import { type InputRows } from '../numerics/linear/compensateRows';
import { type MatrixProducts } from './matrixProducts';

/** Inputs of one group: the rows as they came where there are few of them, else their second moments. */
export type SeenInputs =
  { readonly kind: 'rows'; readonly rows: InputRows } | { readonly kind: 'moments'; readonly moments: LowerTriangle };

/** With so few inputs, adding up here is quicker than calling for a product. */
const narrow = 32;
/** Rows that are multiplied together: their product takes longer than adding it to the sum. */
const blockRows = 256;

/** Rows are kept while they are less than half of their second moments. */
const mostKept = (width: number): number => Math.max(blockRows, width >> 1);

/** Bytes that a layer's inputs take at most: the sum of moments, and rows that wait for it. */
export function bytesOfInputs(width: number, groups: number): number {
  if (isSummedHere(width, groups)) return 8 * groups * width ** 2;
  return 4 * width * (mostKept(width) + width);
}

const isSummedHere = (width: number, groups: number): boolean => groups > 1 || width <= narrow;

/** Inputs of one layer: rows of groups × width. */
export class LayerInputs {
  private sum?: Float32Array | Float64Array;
  private waiting: Float32Array[] = [];
  private waitingRows = 0;

  constructor(
    private readonly width: number,
    private readonly groups: number,
    private readonly products: Pick<MatrixProducts, 'gram'>,
  ) {}

  /** Takes rows of one sample, which it may keep. */
  async add(rows: Float32Array): Promise<void> {
    const { width, groups } = this;
    if (isSummedHere(width, groups)) {
      this.sum ??= new Float64Array(groups * width ** 2);
      addProducts(this.sum, rows, width, groups);
      return;
    }
    this.waiting.push(rows);
    this.waitingRows += rows.length / width;
    if (this.waitingRows >= (this.sum ? blockRows : mostKept(width))) await this.flush();
  }

  /** What was seen, by group; undefined where that is nothing. Leaves this empty. */
  async take(): Promise<readonly SeenInputs[] | undefined> {
    const { width, groups } = this;
    if (!this.sum && this.waitingRows > 0 && this.waitingRows <= width >> 1) {
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
    const product = await this.products.gram(this.takeWaiting(), this.width);
    const { sum } = this;
    if (!sum) this.sum = product;
    else for (let i = 0; i < sum.length; i++) sum[i]! += product[i]!;
  }

  private takeWaiting(): Float32Array {
    const all = new Float32Array(this.waitingRows * this.width);
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

/** Adds the lower triangle of x·xᵀ of each group of each row. */
function addProducts(sum: Float32Array | Float64Array, rows: Float32Array, width: number, groups: number): void {
  for (let from = 0, group = 0; from < rows.length; from += width, group = (group + 1) % groups) {
    const base = group * width ** 2;
    for (let i = 0; i < width; i++) {
      const x = rows[from + i]!;
      // Most are 0 behind a Relu.
      if (x === 0) continue;
      const at = base + i * width;
      for (let j = 0; j <= i; j++) sum[at + j]! += x * rows[from + j]!;
    }
  }
}
