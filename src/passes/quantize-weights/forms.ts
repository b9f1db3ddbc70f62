/** Which form a weight is stored in, and who reads it as a matrix. */
import { type Graph } from '../../graph/graph';
import { constantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { type Use } from '../../graph/value';
import { type BlockBits } from '../../numerics/blocks/blocks';
import { type ValuesOf } from '../../pass/option';
import { type Candidate } from '../../pass/weights/candidates';
import { type Constant } from '../../pass/weights/find';
import { matrixOf, type WeightMatrix } from '../../pass/weights/matrix';
import { type declaration } from './declaration';

/** Values of the pass's options. */
export type Settings = ValuesOf<(typeof declaration)['options']>;

/** A node that reads a weight as a matrix. */
export interface MatrixReader {
  readonly node: Node;
  readonly graph: Graph;
  readonly kind: 'MatMul' | 'Gemm' | 'Gather';
}

/** A weight that all its readers take for the same matrix. */
export interface MatrixWeight {
  readonly matrix: WeightMatrix;
  readonly readers: readonly MatrixReader[];
  /** Values of a block. */
  readonly size: number;
}

/** How a weight comes back, or is used as it is. */
export type Form =
  /** 8 bits per channel: Cast and Mul, which the runtime folds; or DequantizeLinear, also per channel below 8 bits. */
  | { readonly kind: 'cast-mul' | 'dequantize-linear'; readonly bits: BlockBits }
  /** Below 8 bits: restored through a table, which the runtime folds. */
  | { readonly kind: 'lookup'; readonly bits: BlockBits }
  /** Operators that read packed blocks, or blocked DequantizeLinear in front of products. */
  | { readonly kind: 'operator' | 'blocked'; readonly bits: BlockBits; readonly weight: MatrixWeight };

/** The form for one weight; `edges` are names of weights that keep 8 bits (see edges.ts). */
export function formOf(candidate: Candidate, options: Settings, edges: ReadonlySet<string>): Form {
  // What is added or moved elementwise is no sum of many errors: it keeps 8 bits.
  const eight = candidate.decision.kind === 'table' || edges.has(candidate.constant.value.name);
  const bits = eight ? 8 : (options.bits as BlockBits);
  const { form } = options;
  if (bits === 8) {
    if (form === 'matmul-nbits') return blocks(candidate, options, bits, 'operator') ?? { kind: 'cast-mul', bits };
    if (form === 'mixed') return { kind: fusesPerChannel(candidate, options) ? 'dequantize-linear' : 'cast-mul', bits };
    return { kind: form === 'dequantize-linear' ? form : 'cast-mul', bits };
  }
  switch (form) {
    case 'cast-mul':
      return { kind: 'lookup', bits };
    case 'dequantize-linear':
      return blocks(candidate, options, bits, 'blocked') ?? { kind: form, bits };
    case 'mixed':
      return blocks(candidate, options, bits, 'blocked') ?? { kind: 'lookup', bits };
    case 'auto':
    case 'matmul-nbits':
      return blocks(candidate, options, bits, 'operator') ?? { kind: 'lookup', bits };
  }
}

function blocks(
  candidate: Candidate,
  options: Settings,
  bits: BlockBits,
  kind: 'operator' | 'blocked',
): Form | undefined {
  const weight = matrixWeight(candidate, options.blockSize);
  if (!weight) return undefined;
  // Rows that are looked up have no blocked standard form that the runtime would not restore as a whole.
  if (kind === 'blocked' && weight.readers.some((reader) => reader.kind === 'Gather')) return undefined;
  return { kind, bits, weight };
}

/** The weight as a matrix, when every reader takes it for the same one and has an operator on packed blocks. */
export function matrixWeight(
  { constant, decision, inFunction }: Candidate,
  blockSize: number,
): MatrixWeight | undefined {
  const { value, tensor, graph } = constant;
  if (inFunction || (tensor.dataType !== 'float' && tensor.dataType !== 'float16')) return undefined;
  const readers: MatrixReader[] = [];
  let matrix: WeightMatrix | undefined;
  for (const node of decision.readers) {
    const found = readerOf(node, value);
    if (!found || (matrix && matrix.stored !== found.matrix.stored)) return undefined;
    matrix = found.matrix;
    readers.push(found.reader);
  }
  if (!matrix || graph.outputs.includes(value)) return undefined;
  const gathers = readers.some(({ kind }) => kind === 'Gather');
  const size = gathers ? evenSize(matrix.columns, blockSize) : Math.min(blockSize, powerOver(matrix.columns));
  return size === undefined ? undefined : { matrix, readers, size };
}

/** Least power of two from 16 on that holds `count`. */
const powerOver = (count: number): number => Math.max(16, 2 ** Math.ceil(Math.log2(count)));

/** GatherBlockQuantized has rows without padding: the largest block up to `most` that divides them. */
function evenSize(columns: number, most: number): number | undefined {
  for (let size = most; size >= 16; size /= 2) if (columns % size === 0) return size;
  return undefined;
}

function readerOf(
  node: Node,
  root: Constant['value'],
): { readonly matrix: WeightMatrix; readonly reader: MatrixReader } | undefined {
  const { graph } = node;
  if (!graph || node.domain !== '') return undefined;
  const at = node.is('Gather') ? 0 : 1;
  const elsewhere = node.inputs.some((input, index) => {
    return index !== at && input !== undefined && constantSource(input, graph)?.root === root;
  });
  const input = node.input(at);
  if (!input || elsewhere) return undefined;
  const transposed = node.is('Gather') || (node.is('Gemm') && node.int('transB', 0) !== 0);
  const found = matrixOf(input, graph, transposed);
  if (found?.root !== root) return undefined;
  const { matrix } = found;
  const reader = (kind: MatrixReader['kind']) => ({ matrix, reader: { node, graph, kind } });
  if (node.is('MatMul')) return reader('MatMul');
  if (node.is('Gemm')) return isPlainGemm(node) ? reader('Gemm') : undefined;
  // Rows of a table as it is stored; a row read through Transpose would be a column.
  if (node.is('Gather') && node.int('axis', 0) === 0 && input === root) return reader('Gather');
  return undefined;
}

/** Gemm that is a product and a bias. */
const isPlainGemm = (node: Node): boolean =>
  node.int('transA', 0) === 0 && node.float('alpha', 1) === 1 && (!node.input(2) || node.float('beta', 1) === 1);

/** DequantizeLinear per channel in front of which ONNX Runtime makes MatMulNBits of a product. */
function fusesPerChannel({ constant, decision }: Candidate, { granularity }: Settings): boolean {
  const { tensor, value } = constant;
  const plain = tensor.dataType === 'float' && tensor.shape.length === 2 && granularity === 'channel';
  return plain && decision.axis === 1 && value.uses().every(isPlainProduct);
}

/** MatMul by the weight on its right, or the Gemm that is the same. */
const isPlainProduct = ({ node, index }: Use): boolean =>
  index === 1 && (node.is('MatMul') || (node.is('Gemm') && node.int('transA', 0) === 0 && node.int('transB', 0) === 0));

/** Least version of ai.onnx that a form needs. */
export function neededOpset(form: Form, { constant }: Candidate, { granularity }: Settings): number {
  switch (form.kind) {
    case 'cast-mul':
      // Mul broadcasts from 7 on.
      return 7;
    case 'lookup':
      // Slice takes its bounds as inputs from 10 on; only what pads a byte is cut.
      return constant.tensor.size % (8 / form.bits) === 0 ? 7 : 10;
    case 'operator':
      return form.weight.readers.some(({ node }) => node.is('Gemm')) ? 7 : 1;
    case 'blocked':
    case 'dequantize-linear':
      if (form.bits < 8) return form.bits === 4 ? 21 : 25;
      return granularity === 'channel' ? 13 : 10;
  }
}
