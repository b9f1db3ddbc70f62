/** Constants in float16. */
import { Attribute } from '../../graph/attribute';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { float16FromFloat32, float16Smallest, float32FromFloat16 } from '../../numerics/half';
import { type Noise } from '../../numerics/quantize';

/** A converted tensor and what was lost. */
export interface HalfTensor {
  readonly tensor: Tensor;
  readonly noise: Noise;
  /** Elements beyond the largest float16, stored as that. */
  readonly clamped: number;
}

/**
 * A float32 tensor in float16, rounded half to even. Magnitudes are clamped to [2^-24, 65504], so that no divisor
 * becomes 0 and no bound infinite; zeros, infinities and NaN stay what they are.
 */
export function toHalf(source: Tensor, name = source.name): HalfTensor {
  const values = toFloat32(source.dataType, source.bytes(), source.size);
  const bits = float16FromFloat32(values, undefined, { saturate: true });
  const stored = float32FromFloat16(bits);
  let signal = 0;
  let noise = 0;
  let clamped = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (stored[i] === 0 && x !== 0) {
      bits[i] = x < 0 ? 0x8001 : 1;
      stored[i] = x < 0 ? -float16Smallest : float16Smallest;
    }
    const error = x - stored[i]!;
    // Bounds such as -3.4e38 mean "minus infinity": their rounding is no noise.
    if (Math.abs(x) > 65504) clamped += Number.isFinite(x) ? 1 : 0;
    else if (!Number.isNaN(error)) {
      signal += x * x;
      noise += error * error;
    }
  }
  const { shape, docString, metadata } = source;
  const data = { kind: 'bytes', bytes: bytesOf(bits) } as const;
  return {
    tensor: new Tensor({ name, dataType: 'float16', shape, docString, metadata, data }),
    noise: { signal, noise },
    clamped,
  };
}

/** The float32 tensor that a Constant node holds, in whichever attribute; undefined for other types. */
export function constantTensor(node: Node): Tensor | undefined {
  const tensor = node.tensor('value');
  if (tensor) return tensor.dataType === 'float' ? tensor : undefined;
  const single = node.float('value_float');
  const list = single === undefined ? node.floats('value_floats') : [single];
  if (!list) return undefined;
  const shape = single === undefined ? [list.length] : [];
  return Tensor.ofBytes('', 'float', shape, bytesOf(Float32Array.from(list)));
}

/** Attributes of a node that fix the type of its output to float32, changed to float16 (10 in TensorProto.DataType). */
export function convertTypeAttributes(node: Node): void {
  if (node.is('Cast') && node.int('to') === 1) node.setAttribute(Attribute.int('to', 10));
  if (!node.is('ConstantOfShape')) return;
  const value = node.tensor('value') ?? Tensor.ofBytes('value', 'float', [1], new Uint8Array(4));
  if (value.dataType === 'float') node.setAttribute(Attribute.tensor('value', toHalf(value).tensor));
}
