/**
 * Restores packed weights by looking each byte up in a table of the values that it stands for: Cast, Gather, Reshape, Mul. All
 * of them are standard operators of opset 7 whatever the width, and ONNX Runtime folds them when it loads the model.
 */
import { Attribute } from '../../graph/attribute';
import { type Graph } from '../../graph/graph';
import { countElements } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';
import { type BlockLayout, type BlockTensor, parameterShape } from './blockTensor';
import { type Builder } from './builder';

/** What each code of a packed byte stands for, before it is scaled. */
export interface Levels {
  readonly bits: 1 | 2 | 4;
  /** 2^bits values. */
  readonly values: readonly number[];
}

/** Codes around a zero point in the middle, or (asymmetric) as they are. */
export function codeLevels(bits: 1 | 2 | 4, symmetric: boolean): Levels {
  const middle = symmetric ? 1 << (bits - 1) : 0;
  return { bits, values: Array.from({ length: 1 << bits }, (_, code) => code - middle) };
}

/** [256, 8 / bits]: the values that each byte holds, low bits first. */
function tableOf({ bits, values }: Levels): Tensor {
  const perByte = 8 / bits;
  const numbers = new Float32Array(256 * perByte);
  const mask = (1 << bits) - 1;
  for (let byte = 0; byte < 256; byte++) {
    for (let i = 0; i < perByte; i++) numbers[byte * perByte + i] = values[(byte >> (i * bits)) & mask]!;
  }
  return Tensor.ofBytes(`unpack_${bits}_bits`, 'float', [256, perByte], bytesOf(numbers));
}

/** One table for all weights of a graph and width. */
export class LookupTables {
  private readonly known = new Map<Graph, Map<string, Value>>();

  /** The table as a constant that `build` can read. In a function each weight has its own. */
  get(levels: Levels, build: Builder, inFunction: boolean): Value {
    if (inFunction) return build.constant(tableOf(levels));
    const here = this.known.get(build.graph) ?? new Map<string, Value>();
    this.known.set(build.graph, here);
    const key = String([levels.bits, ...levels.values]);
    const table = here.get(key) ?? build.constant(tableOf(levels));
    here.set(key, table);
    return table;
  }
}

/** What is to be restored. */
export interface Packed {
  /** Name of the float weight. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout: BlockLayout;
  readonly packed: Uint8Array;
  /** One per block. */
  readonly scales: Float32Array;
  /** One per block; undefined when the levels are around zero already. */
  readonly zeroPoints?: Uint8Array;
  readonly levels: Levels;
}

/** The packed form of a quantized weight. */
export function packedOf(name: string, shape: readonly number[], weight: BlockTensor): Packed {
  const { layout, coding, packed, scales, zeroPoints } = weight;
  const levels = codeLevels(coding.bits as Levels['bits'], coding.symmetric);
  const common = { name, shape, layout, packed, scales, levels };
  return coding.symmetric ? common : { ...common, zeroPoints };
}

/** Emits the constants and nodes; the float32 weight and the bytes that are stored for it, the shared table left out. */
export function restoreByLookup(
  weight: Packed,
  build: Builder,
  table: Value,
): { readonly restored: Value; readonly bytes: number } {
  const { name, shape, layout, packed, scales, zeroPoints } = weight;
  const size = countElements(shape);
  const codes = build.constant(Tensor.ofBytes(`${name}_quantized`, 'uint8', [packed.length], packed));
  const dims = parameterShape(layout);
  const scale = build.constant(Tensor.ofBytes(`${name}_scale`, 'float', dims, bytesOf(scales)));
  // Gather takes no uint8 for indices.
  let restored = build.fresh('Gather', [table, build.cast(codes, 'int32', name)], name, [Attribute.int('axis', 0)]);
  if (packed.length * (8 / weight.levels.bits) !== size) restored = cut(restored, size, name, build);
  const { outerBlocks, outerSize, channels, innerBlocks, innerSize } = layout;
  const five = [outerBlocks, outerSize, channels, innerBlocks, innerSize];
  restored = build.fresh('Reshape', [restored, build.integers(`${name}_blocks`, five)], name);
  let bytes = packed.length + scales.byteLength;
  if (zeroPoints) {
    const zero = build.constant(Tensor.ofBytes(`${name}_zero_point`, 'uint8', dims, zeroPoints));
    restored = build.fresh('Sub', [restored, build.cast(zero, 'float', name)], name);
    bytes += zeroPoints.length;
  }
  restored = build.fresh('Mul', [restored, scale], name);
  restored = build.fresh('Reshape', [restored, build.integers(`${name}_shape`, shape)], name);
  return { restored, bytes };
}

/** Without what pads the last byte. */
function cut(unpacked: Value, size: number, name: string, build: Builder): Value {
  const flat = build.fresh('Reshape', [unpacked, build.integers(`${name}_flat`, [-1])], name);
  const inputs = [flat, build.integers(`${name}_start`, [0]), build.integers(`${name}_end`, [size])];
  return build.fresh('Slice', inputs, name);
}

/** Bytes that nodes and names of this form add to the file, about. */
export const lookupOverhead = (name: string): number => 420 + 16 * name.length;
