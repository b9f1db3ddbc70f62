/** Dense float64 matrices, and the one thing that is worth handing to native code: their product. */

/** Row-major: element (i, j) is `data[i · columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Which operands of a product are read transposed. */
export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** A·B. Algorithms here take one as an argument, so that a caller above can give the runtime's own Gemm. */
export type Multiply = (a: Matrix, b: Matrix, options?: ProductOptions) => Promise<Matrix>;

/** A matrix over `data`, or of zeros; throws when the data does not fit. */
export function matrix(rows: number, columns: number, data?: Float64Array): Matrix {
  const elements = data ?? new Float64Array(rows * columns);
  if (elements.length !== rows * columns) {
    throw new RangeError(`${rows}×${columns} takes ${rows * columns} numbers, not ${elements.length}.`);
  }
  return { rows, columns, data: elements };
}

/** Identity of the given size. */
export function identity(size: number): Matrix {
  const result = matrix(size, size);
  for (let i = 0; i < size; i++) result.data[i * size + i] = 1;
  return result;
}

/** Aᵀ. */
export function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = matrix(columns, rows);
  // Blocks, so that neither side strides through memory for a whole row.
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      const [bottom, right] = [Math.min(rows, top + block), Math.min(columns, left + block)];
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) result.data[j * rows + i] = data[i * columns + j]!;
      }
    }
  }
  return result;
}

/** A·B in JavaScript, about 1 GFLOP/s: for small matrices, and where there is no runtime. */
export function product(a: Matrix, b: Matrix, { transposeA, transposeB }: ProductOptions = {}): Matrix {
  const left = transposeA ? transposed(a) : a;
  const right = transposeB ? transposed(b) : b;
  if (left.columns !== right.rows) {
    throw new RangeError(`${left.rows}×${left.columns} times ${right.rows}×${right.columns} is not defined.`);
  }
  const [inner, columns] = [left.columns, right.columns];
  const result = matrix(left.rows, columns);
  for (let i = 0; i < left.rows; i++) {
    const row = result.data.subarray(i * columns, (i + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = left.data[i * inner + k]!;
      if (factor === 0) continue;
      const from = k * columns;
      for (let j = 0; j < columns; j++) row[j]! += factor * right.data[from + j]!;
    }
  }
  return result;
}

/** Σ a². */
export function energy({ data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return sum;
}

/** Sum of the diagonal. */
export function trace({ rows, columns, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < Math.min(rows, columns); i++) sum += data[i * columns + i]!;
  return sum;
}

/** A − B. */
export function difference({ rows, columns, data }: Matrix, b: Matrix): Matrix {
  return matrix(
    rows,
    columns,
    data.map((value, index) => value - b.data[index]!),
  );
}

/** Columns `from` to `to` (exclusive). */
export function columnsOf({ rows, columns, data }: Matrix, from: number, to: number): Matrix {
  const result = matrix(rows, to - from);
  for (let i = 0; i < rows; i++) result.data.set(data.subarray(i * columns + from, i * columns + to), i * (to - from));
  return result;
}

/** The rows and columns that are named, in that order. */
export function selected(
  { columns, data }: Matrix,
  rowIndices: readonly number[],
  columnIndices: readonly number[],
): Matrix {
  const result = matrix(rowIndices.length, columnIndices.length);
  rowIndices.forEach((row, i) =>
    columnIndices.forEach((column, j) => {
      result.data[i * columnIndices.length + j] = data[row * columns + column]!;
    }),
  );
  return result;
}
