/**
 * An 8-bit tensor made from a float tensor. A large one stays a recipe until somebody reads it: the writer then takes
 * it piece by piece from the float weights on disk, so that memory does not grow with the model.
 */
import { Tensor } from '../graph/tensor';
import {
  channelLayout,
  ChannelRange,
  differencePower,
  type Noise,
  quantizedRange,
  Quantizer,
} from '../numerics/quantize';
import { DerivedSource } from './derivedSource';
import { FloatReader, pieceElements } from './floatPieces';

/** How to quantize. */
export interface QuantizeTensorOptions {
  readonly type: 'int8' | 'uint8';
  /** One scale per index of this axis; undefined: one for all. */
  readonly axis?: number;
  readonly symmetric: boolean;
  /** 7-bit range, for x86 without VNNI. */
  readonly reduced?: boolean;
  /** What to take the nearest codes of in place of the weights, whose scales count all the same. */
  readonly rounded?: Tensor | undefined;
}

/** The quantized tensor, its parameters and what was lost. */
export interface QuantizedTensor {
  readonly tensor: Tensor;
  readonly quantizer: Quantizer;
  /** NaN in it says that the weights hold NaN or infinities, which 8 bits cannot store. */
  readonly noise: Noise;
}

/** Tensors up to this many elements are quantized at once. */
const smallTensor = 1 << 14;

/** Quantizes `source` (a float tensor of any width) under a new name. */
export function quantizeLazily(source: Tensor, name: string, options: QuantizeTensorOptions): QuantizedTensor {
  const { type, axis, symmetric, rounded = source } = options;
  const layout = channelLayout(source.shape, axis);
  const reader = new FloatReader(source);
  const reals = new ChannelRange(layout);
  for (const { start, values } of reader.pieces()) reals.add(values, start);
  const quantizer = Quantizer.fromRange(layout, reals, quantizedRange(type, options), symmetric);
  const recipe = new QuantizedSource(rounded, quantizer, type);
  const noise = { signal: 0, noise: 0 };
  for (const { start, values } of reader.pieces()) {
    const restored =
      rounded === source ? undefined : quantizer.dequantize(recipe.codes(start, values.length), undefined, start);
    const piece = restored ? differencePower(values, restored) : quantizer.noise(values, start);
    noise.signal += piece.signal;
    noise.noise += piece.noise;
  }
  const { shape, size, external } = source;
  const lazy = rounded.data.kind === 'span' && size > smallTensor;
  const data = lazy
    ? ({ kind: 'span', source: recipe, offset: 0, length: size } as const)
    : ({ kind: 'bytes', bytes: recipe.read(0, size) } as const);
  return { tensor: new Tensor({ name, dataType: type, shape, data, external }), quantizer, noise };
}

/** Quantizes whatever range is asked for, from the float weights where they are. */
class QuantizedSource extends DerivedSource {
  constructor(
    source: Tensor,
    private readonly quantizer: Quantizer,
    private readonly type: 'int8' | 'uint8',
  ) {
    super(source);
  }

  /** Some of the codes as numbers. */
  codes(start: number, count: number): Int8Array | Uint8Array {
    const bytes = this.read(start, count);
    return this.type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, count) : bytes;
  }

  readInto(target: Uint8Array, offset: number): void {
    const reader = new FloatReader(this.source);
    const { buffer, byteOffset, length } = target;
    const out = this.type === 'int8' ? new Int8Array(buffer, byteOffset, length) : target;
    try {
      for (let done = 0; done < length; done += pieceElements) {
        const values = reader.read(offset + done, Math.min(pieceElements, length - done));
        this.quantizer.quantize(values, out.subarray(done, done + values.length), offset + done);
      }
    } finally {
      reader.close();
    }
  }
}
