/** Weights that standard operators restore to float: the forms that do not care who reads them. */
import { Attribute } from '../../graph/attribute';
import { type DataType } from '../../graph/dataType';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { type BlockBits, type BlockCoding, type BlockMethod } from '../../numerics/blocks/blocks';
import { bytesOf, fromNumbers } from '../../numerics/elements';
import { type Noise } from '../../numerics/quantize';
import { quantizeLazily } from '../../pass/quantizedTensor';
import { blockLayout, quantizeBlocks } from '../../pass/weights/blockTensor';
import { type Builder } from '../../pass/weights/builder';
import { codeLevels, type LookupTables, packedOf, restoreByLookup } from '../../pass/weights/lookup';
import { standardCodes } from './standardCodes';

/** A weight that has been quantized: who reads it will read `restored`. */
export interface Restored {
  readonly restored: Value;
  readonly bytes: number;
  readonly noise: Noise;
}

/** The float constant, and where it is to be restored. */
export interface Source {
  readonly value: Value;
  readonly tensor: Tensor;
  readonly build: Builder;
  /** What to take the nearest codes of at 8 bits, in place of the weights. */
  readonly rounded?: Tensor | undefined;
}

const isFinite = ({ signal, noise }: Noise): boolean => Number.isFinite(signal + noise);

/**
 * 8 bits per channel (`axis`) or per tensor, restored by Cast, Mul (and Sub) or by DequantizeLinear. Large weights stay on
 * disk until the result is written. Undefined when the weight holds NaN or infinities, and nothing has changed then.
 */
export function restoreEightBits(
  { value, tensor, build, rounded }: Source,
  form: 'cast-mul' | 'dequantize-linear',
  axis: number | undefined,
  symmetric: boolean,
): Restored | undefined {
  const { name } = value;
  const type = symmetric ? 'int8' : 'uint8';
  const options = { type, axis, symmetric, rounded } as const;
  const { tensor: quantized, quantizer, noise } = quantizeLazily(tensor, `${name}_quantized`, options);
  if (!isFinite({ ...noise })) return undefined;
  const arithmetic = form === 'cast-mul';
  const count = quantizer.scales.length;
  const along = tensor.shape.map((_, index) => (index === axis ? count : 1));
  const shape = axis === undefined ? [] : arithmetic ? along : [count];
  const parameter = (what: string, dataType: DataType, numbers: ArrayLike<number>): Tensor =>
    Tensor.ofBytes(`${name}_${what}`, dataType, shape, fromNumbers(dataType, numbers));
  const scale = parameter('scale', 'float', quantizer.scales);
  const zero = symmetric ? undefined : parameter('zero_point', arithmetic ? 'float' : 'uint8', quantizer.zeroPoints);
  const bytes = quantized.byteLength + scale.byteLength + (zero?.byteLength ?? 0);
  const q = build.constant(quantized);
  const [s, z] = [build.constant(scale), zero && build.constant(zero)];
  const restored = arithmetic ? castAndMul(build, name, q, s, z) : dequantize(build, name, q, s, z, axis);
  return { restored: inTypeOf(tensor, restored, build, name), bytes, noise };
}

/** 4 or 2 bits in blocks, restored through a table. Undefined when the weight holds NaN or infinities. */
export function restoreLookup(
  { value, tensor, build }: Source,
  axis: number | undefined,
  blockSize: number,
  coding: BlockCoding,
  method: BlockMethod,
  tables: LookupTables,
  inFunction: boolean,
): Restored | undefined {
  const layout = blockLayout(tensor.shape, axis, blockSize);
  const weight = quantizeBlocks(tensor, layout, coding, method);
  if (!isFinite(weight.noise)) return undefined;
  const levels = codeLevels(coding.bits as 2 | 4, coding.symmetric);
  const table = tables.get(levels, build, inFunction);
  const { restored, bytes } = restoreByLookup(packedOf(value.name, tensor.shape, weight), build, table);
  return { restored: inTypeOf(tensor, restored, build, value.name), bytes, noise: weight.noise };
}

/** 4 or 2 bits per channel, restored by DequantizeLinear. Undefined when the weight holds NaN or infinities. */
export function restoreSmallChannels(
  { value, tensor, build }: Source,
  axis: number | undefined,
  coding: BlockCoding,
  method: BlockMethod,
): Restored | undefined {
  const { name } = value;
  const weight = quantizeBlocks(tensor, blockLayout(tensor.shape, axis, Infinity), coding, method);
  if (!isFinite(weight.noise)) return undefined;
  const type = smallType(coding.bits, coding.symmetric);
  const { packed, scales, zeroPoints } = weight;
  const shape = axis === undefined ? [] : [scales.length];
  const codes = Tensor.ofBytes(`${name}_quantized`, type, tensor.shape, standardCodes(packed, coding));
  const scale = Tensor.ofBytes(`${name}_scale`, 'float', shape, bytesOf(scales));
  const zero = coding.symmetric
    ? undefined
    : Tensor.ofBytes(`${name}_zero_point`, type, shape, fromNumbers(type, zeroPoints));
  const bytes = codes.byteLength + scale.byteLength + (zero?.byteLength ?? 0);
  const q = build.constant(codes);
  const restored = dequantize(build, name, q, build.constant(scale), zero && build.constant(zero), axis);
  return { restored: inTypeOf(tensor, restored, build, name), bytes, noise: weight.noise };
}

/** Element type of codes that DequantizeLinear reads. */
export const smallType = (bits: BlockBits, symmetric: boolean): 'int4' | 'uint4' | 'int2' | 'uint2' =>
  bits === 4 ? (symmetric ? 'int4' : 'uint4') : symmetric ? 'int2' : 'uint2';

function castAndMul(build: Builder, name: string, q: Value, scale: Value, zero: Value | undefined): Value {
  let restored = build.cast(q, 'float', name);
  if (zero) restored = build.fresh('Sub', [restored, zero], name);
  return build.fresh('Mul', [restored, scale], name);
}

function dequantize(
  build: Builder,
  name: string,
  q: Value,
  scale: Value,
  zero: Value | undefined,
  axis: number | undefined,
): Value {
  const attributes = axis === undefined ? [] : [Attribute.int('axis', axis)];
  return build.fresh('DequantizeLinear', zero ? [q, scale, zero] : [q, scale], name, attributes);
}

/**
 * Weights are restored in float32 and cast from there to what they were: ONNX Runtime on a CPU can fold that when it
 * loads the model, but has no float16 Mul to fold.
 */
function inTypeOf(tensor: Tensor, restored: Value, build: Builder, name: string): Value {
  return tensor.dataType === 'float' ? restored : build.cast(restored, tensor.dataType, name);
}

/** Bytes that the nodes of the 8-bit forms and the names they need add to the file, about. */
export const overheadOf = (name: string): number => 140 + 6 * name.length;
