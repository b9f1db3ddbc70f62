/** A constant as the weight of a product, [N outputs, K inputs], read panel by panel so that it never is in memory whole. */
import { type Graph } from '../../graph/graph';
import { constantSource } from '../../graph/constants';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { turnRows } from '../../numerics/transpose';
import { FloatReader, isReadableFloat, pieceElements } from '../floatPieces';

/** A weight of N outputs and K inputs. */
export interface WeightMatrix {
  readonly tensor: Tensor;
  /** N. */
  readonly rows: number;
  /** K. */
  readonly columns: number;
  /** True when the constant is stored [K, N]. */
  readonly stored: 'rows' | 'columns';
}

/** Part of a matrix: block `block` of the rows from `row` on, each `length` values long, one after the other. */
export interface MatrixPanel {
  readonly row: number;
  readonly count: number;
  readonly block: number;
  readonly length: number;
  /** Good until the next panel. */
  readonly values: Float32Array;
}

/**
 * The constant behind `value` as a matrix whose columns (last axis) are the outputs; `transposed` when its rows are. Looks
 * through Identity, Transpose and Reshape; undefined when it is computed or has another rank than 2.
 */
export function matrixOf(
  value: Value,
  graph: Graph,
  transposed: boolean,
): { matrix: WeightMatrix; root: Value; graph: Graph } | undefined {
  const source = constantSource(value, graph);
  if (source?.tensor.shape.length !== 2 || !isReadableFloat(source.tensor.dataType)) return undefined;
  const { tensor, root } = source;
  const turned = (source.perm?.[0] ?? 0) === 1;
  const [outer, inner] = tensor.shape as readonly [number, number];
  const byRows = turned !== transposed;
  const matrix: WeightMatrix = byRows
    ? { tensor, rows: outer, columns: inner, stored: 'rows' }
    : { tensor, rows: inner, columns: outer, stored: 'columns' };
  return { matrix, root, graph: source.graph };
}

/** Rows that one panel of a matrix stored by columns has at most: its values and codes then stay in the cache. */
const panelRows = 512;

/** Every block of the matrix once, in panels; blocks of `size` along the columns, the last one of a row shorter. */
export function* panelsOf(matrix: WeightMatrix, size: number): Generator<MatrixPanel> {
  if (matrix.rows === 0 || matrix.columns === 0) return;
  const reader = new FloatReader(matrix.tensor);
  try {
    yield* matrix.stored === 'columns' ? fromColumns(matrix, reader, size) : fromRows(matrix, reader, size);
  } finally {
    reader.close();
  }
}

/** Stored [K, N]: reads the rows of a block and turns them. */
function* fromColumns({ rows, columns }: WeightMatrix, reader: FloatReader, size: number): Generator<MatrixPanel> {
  const values = new Float32Array(Math.min(panelRows, rows) * size);
  const blocks = Math.ceil(columns / size);
  // A few blocks a read where rows are short.
  const group = Math.max(1, Math.floor(pieceElements / (rows * size)));
  for (let first = 0; first < blocks; first += group) {
    const until = Math.min(columns, (first + group) * size);
    const read = reader.read(first * size * rows, (until - first * size) * rows);
    for (let block = first; block * size < until; block++) {
      const length = Math.min(size, columns - block * size);
      const start = (block - first) * size * rows;
      for (let row = 0; row < rows; row += panelRows) {
        const count = Math.min(panelRows, rows - row);
        turnRows(read, start + row, rows, values, count, length);
        yield { row, count, block, length, values };
      }
    }
  }
}

/** Stored [N, K]: reads some rows and takes their blocks one position after the other. */
function* fromRows({ rows, columns }: WeightMatrix, reader: FloatReader, size: number): Generator<MatrixPanel> {
  const perRead = Math.max(1, Math.min(panelRows, Math.floor(pieceElements / columns)));
  const values = new Float32Array(Math.min(perRead, rows) * size);
  for (let row = 0; row < rows; row += perRead) {
    const count = Math.min(perRead, rows - row);
    const read = reader.read(row * columns, count * columns);
    for (let block = 0; block * size < columns; block++) {
      const length = Math.min(size, columns - block * size);
      for (let r = 0; r < count; r++) {
        const from = r * columns + block * size;
        values.set(read.subarray(from, from + length), r * length);
      }
      yield { row, count, block, length, values };
    }
  }
}
