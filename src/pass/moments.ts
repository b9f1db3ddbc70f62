/** Second moments of rows that come by in a stream, in memory that depends on their width alone. */
import { matrix, type Matrix, type Multiply } from '../numerics/linear/matrix';

/** Sums over all rows x (and targets y) seen. */
export interface Sums {
  readonly count: number;
  /** Σ x·xᵀ, m×m. */
  readonly gram: Matrix;
  /** Σ x */
  readonly inputs: Float64Array;
  /** Σ y·xᵀ, n×m; empty without targets. */
  readonly cross: Matrix;
  /** Σ y */
  readonly targets: Float64Array;
  /** Σ y² for each output. */
  readonly targetSquares: Float64Array;
}

/** Numbers that are kept before they are multiplied together: more would take memory, in each of many layers, and save no time. */
const bufferNumbers = 2 ** 19;

/** Adds up moments; rows are gathered to blocks, which a fast product then works through. */
export class Moments {
  private readonly gram: Matrix;
  private readonly cross: Matrix;
  private readonly inputSums: Float64Array;
  private readonly targetSums: Float64Array;
  private readonly targetSquares: Float64Array;
  private readonly capacity: number;
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private held = 0;
  private count = 0;

  constructor(
    private readonly width: number,
    private readonly multiply: Multiply,
    /** Width of the targets. */
    private readonly targets = 0,
    /** How many of these there are at a time: they share the memory for rows. */
    siblings = 1,
  ) {
    this.gram = matrix(width, width);
    this.cross = matrix(targets, width);
    this.inputSums = new Float64Array(width);
    this.targetSums = new Float64Array(targets);
    this.targetSquares = new Float64Array(targets);
    this.capacity = Math.max(16, Math.min(4096, Math.floor(bufferNumbers / siblings / (width + targets))));
    this.x = new Float64Array(this.capacity * width);
    this.y = new Float64Array(this.capacity * targets);
  }

  /**
   * Adds rows. Each row of `x` is `stride` wide and counts from `from` on (for one group of several); rows of `y`
   * likewise.
   */
  async add(x: Float32Array | Float64Array, y: Float64Array = new Float64Array(0), at: Columns = {}): Promise<void> {
    const { stride = this.width, from = 0, targetStride = this.targets, targetFrom = 0 } = at;
    const rows = x.length / stride;
    for (let row = 0; row < rows; row++) {
      if (this.held === this.capacity) await this.flush();
      const start = row * stride + from;
      this.x.set(x.subarray(start, start + this.width), this.held * this.width);
      if (this.targets > 0) {
        const first = row * targetStride + targetFrom;
        this.y.set(y.subarray(first, first + this.targets), this.held * this.targets);
      }
      this.held++;
    }
  }

  /** What has been seen so far. */
  async sums(): Promise<Sums> {
    await this.flush();
    const { count, gram, inputSums: inputs, cross, targetSums: targets, targetSquares } = this;
    return { count, gram, inputs, cross, targets, targetSquares };
  }

  private async flush(): Promise<void> {
    const { held, width, targets } = this;
    if (held === 0) return;
    const x = matrix(held, width, this.x.subarray(0, held * width));
    addInto(this.gram.data, (await this.multiply(x, x, { transposeA: true })).data);
    addColumns(this.inputSums, x.data, width);
    if (targets > 0) {
      const y = matrix(held, targets, this.y.subarray(0, held * targets));
      addInto(this.cross.data, (await this.multiply(y, x, { transposeA: true })).data);
      addColumns(this.targetSums, y.data, targets);
      for (let i = 0; i < y.data.length; i++) this.targetSquares[i % targets]! += y.data[i]! * y.data[i]!;
    }
    this.count += held;
    this.held = 0;
  }
}

/** Which columns of wider rows to take. */
export interface Columns {
  readonly stride?: number;
  readonly from?: number;
  readonly targetStride?: number;
  readonly targetFrom?: number;
}

function addInto(sum: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
}

function addColumns(sum: Float64Array, rows: Float64Array, width: number): void {
  for (let i = 0; i < rows.length; i++) sum[i % width]! += rows[i]!;
}
