/** Constants in 16 bits: float16, or bfloat16 where it is only stored. */
import { Attribute } from '../../graph/attribute';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { bytesOf } from '../../numerics/elements';
import { bfloat16FromFloat32, float16FromFloat32, float16Noise, float32FromBfloat16 } from '../../numerics/half';
import { type Noise } from '../../numerics/quantize';
import { DerivedSource } from '../../pass/derivedSource';
import { FloatReader, pieceElements } from '../../pass/floatPieces';

/** A converted tensor and what was lost. */
export interface HalfTensor {
  readonly tensor: Tensor;
  readonly noise: Noise;
  /** Elements beyond the largest float16, stored as that. */
  readonly clamped: number;
}

/** The two types of 16 bits. */
export type HalfType = 'float16' | 'bfloat16';

interface Format {
  readonly encode: (values: Float32Array, out?: Uint16Array) => Uint16Array;
  /** What encode() loses of what the type can hold, and how many finite values it cannot. */
  readonly noise: (values: Float32Array) => Noise & { readonly clamped: number };
}

const float16Options = { saturate: true, keepNonZero: true };

const formats: Readonly<Record<HalfType, Format>> = {
  float16: {
    encode: (values, out) => float16FromFloat32(values, out, float16Options),
    noise: (values) => float16Noise(values, float16Options),
  },
  bfloat16: { encode: toBfloat16, noise: bfloat16Noise },
};

/** Tensors on disk up to this many elements are converted at once; larger ones when they are written. */
const smallTensor = 1 << 14;

/**
 * A float32 tensor in float16, rounded half to even. Magnitudes are clamped to [2^-24, 65504], so that no divisor
 * becomes 0 and no bound infinite; zeros, infinities and NaN stay what they are. A large tensor that is on disk stays a
 * recipe: its float16 bytes are made piece by piece by whoever reads them. bfloat16 has the range of float32: only what is
 * beyond its largest number is clamped.
 */
export function toHalf(source: Tensor, name = source.name, dataType: HalfType = 'float16'): HalfTensor {
  const format = formats[dataType];
  const result = { signal: 0, noise: 0, clamped: 0 };
  const reader = new FloatReader(source);
  for (const { values } of reader.pieces()) {
    // Bounds such as -3.4e38 mean "minus infinity": their rounding is no noise.
    const { signal, noise, clamped } = format.noise(values);
    result.signal += signal;
    result.noise += noise;
    result.clamped += clamped;
  }
  const { shape, size, docString, metadata, external } = source;
  const recipe = new HalfSource(source, format);
  const lazy = source.data.kind === 'span' && size > smallTensor;
  const data = lazy
    ? ({ kind: 'span', source: recipe, offset: 0, length: 2 * size } as const)
    : ({ kind: 'bytes', bytes: recipe.read(0, 2 * size) } as const);
  const { signal, noise, clamped } = result;
  const tensor = new Tensor({ name, dataType, shape, docString, metadata, external, data });
  return { tensor, noise: { signal, noise }, clamped };
}

function toBfloat16(values: Float32Array, out?: Uint16Array): Uint16Array {
  return bfloat16FromFloat32(values, out, { saturate: true });
}

function bfloat16Noise(values: Float32Array): Noise & { readonly clamped: number } {
  const largest = 3.3895313892515355e38;
  const stored = float32FromBfloat16(toBfloat16(values));
  let [signal, noise, clamped] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const error = x - stored[i]!;
    if (Math.abs(x) > largest) clamped += Number.isFinite(x) ? 1 : 0;
    else if (!Number.isNaN(error)) {
      signal += x * x;
      noise += error * error;
    }
  }
  return { signal, noise, clamped };
}

/** Converts whatever range is asked for, from the float weights where they are. */
class HalfSource extends DerivedSource {
  constructor(
    source: Tensor,
    private readonly format: Format,
  ) {
    super(source);
  }

  readInto(target: Uint8Array, offset: number): void {
    const reader = new FloatReader(this.source);
    try {
      for (let done = 0; done < target.length;) {
        const first = Math.floor((offset + done) / 2);
        const from = offset + done - 2 * first;
        const rest = target.subarray(done);
        const count = Math.min(pieceElements, Math.ceil((from + rest.length) / 2));
        const values = reader.read(first, count);
        if (from === 0 && rest.length >= 2 * count && rest.byteOffset % 2 === 0) {
          this.format.encode(values, new Uint16Array(rest.buffer, rest.byteOffset, count));
          done += 2 * count;
        } else {
          const bytes = bytesOf(this.format.encode(values)).subarray(from, from + rest.length);
          rest.set(bytes);
          done += bytes.length;
        }
      }
    } finally {
      reader.close();
    }
  }
}

/** Attributes of a node that fix the type of its output to float32, changed to float16 (10 in TensorProto.DataType). */
export function convertTypeAttributes(node: Node): void {
  if (node.is('Cast') && node.int('to') === 1) node.setAttribute(Attribute.int('to', 10));
  if (!node.is('ConstantOfShape')) return;
  const value = node.tensor('value') ?? Tensor.ofBytes('value', 'float', [1], new Uint8Array(4));
  if (value.dataType === 'float') node.setAttribute(Attribute.tensor('value', toHalf(value).tensor));
}
