/** Quantize/DequantizeLinear pairs and quantized weights for models that tests build. */
import { type DataType } from '../../src/graph/dataType';
import { Tensor } from '../../src/graph/tensor';
import { type ModelBuilder } from './models';

/** How a value is quantized. */
export interface QdqOptions {
  readonly type?: DataType;
  readonly scale?: number;
  readonly zeroPoint?: number;
}

/** Quantizes value `name` and back; the result is `<name>_dq`. Default: uint8, scale 0.05, zero point 128. */
export function qdq(builder: ModelBuilder, name: string, options: QdqOptions = {}): ModelBuilder {
  const { type = 'uint8', scale = 0.05, zeroPoint = type === 'uint8' ? 128 : 0 } = options;
  return builder
    .initializer(`${name}_scale`, 'float', [], [scale])
    .initializer(`${name}_zp`, type, [], [zeroPoint])
    .node('QuantizeLinear', [name, `${name}_scale`, `${name}_zp`], `${name}_q`)
    .node('DequantizeLinear', [`${name}_q`, `${name}_scale`, `${name}_zp`], `${name}_dq`);
}

/** A weight stored as integers, dequantized to `<name>`; values cycle through the range. */
export function quantizedWeight(
  builder: ModelBuilder,
  name: string,
  shape: readonly number[],
  { type = 'int8', scale = 0.01 }: QdqOptions = {},
): ModelBuilder {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const codes = Uint8Array.from({ length: size }, (_, index) => (index * 37) % (type === 'int8' ? 251 : 127));
  const bytes = type === 'int32' ? new Uint8Array(Int32Array.from(codes).buffer) : codes;
  return builder
    .constant(Tensor.ofBytes(`${name}_codes`, type, shape, bytes))
    .initializer(`${name}_wscale`, 'float', [], [scale])
    .initializer(`${name}_wzp`, type, [], [0])
    .node('DequantizeLinear', [`${name}_codes`, `${name}_wscale`, `${name}_wzp`], name);
}
