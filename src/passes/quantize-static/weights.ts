/** Weights and biases as integers. */
import { type ConstantSource } from '../../graph/constants';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { packBits } from '../../numerics/packing';
import {
  channelLayout,
  ChannelRange,
  differencePower,
  type Noise,
  quantizationParameters,
  type QuantizedRange,
  quantizedRange,
  Quantizer,
} from '../../numerics/quantize';
import { roundHalfEven } from '../../numerics/rounding';
import { transpose } from '../../numerics/transpose';
import { type RoundedWeights } from '../../pass/outputRounding';
import { type Formats } from './settings';

/** A float constant in the axis order in which the layer reads it. */
export interface FloatConstant {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Reads a constant; NaN and infinities come through. */
export function readConstant({ tensor, perm }: ConstantSource): FloatConstant {
  const values = toFloat32(tensor.dataType, tensor.bytes(), tensor.size);
  if (!perm) return { values, shape: tensor.shape };
  return { values: transpose(values, tensor.shape, perm), shape: perm.map((axis) => tensor.shape[axis]!) };
}

/** A weight as integers. */
export interface CodedWeight {
  readonly type: Formats['weight'];
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** undefined: one scale for all. */
  readonly axis?: number;
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
  /** NaN in it: the weights hold NaN or infinities. */
  readonly noise: Noise;
}

/** Range and symmetry of a weight type; unsigned weights per channel need one zero point for all: 128. */
export function weightRange({ weight, perChannel, reduced }: Formats): { range: QuantizedRange; symmetric: boolean } {
  if (weight !== 'uint8') return { range: quantizedRange(weight, { symmetric: true, reduced }), symmetric: true };
  if (!perChannel) return { range: quantizedRange('uint8', { reduced }), symmetric: false };
  const reach = reduced ? 64 : 127;
  return { range: { qmin: 128 - reach, qmax: 128 + reach }, symmetric: true };
}

/** How a weight is coded. */
export interface CodeWeightOptions {
  /** No scale gets smaller than these (one for each channel, or one for all). */
  readonly least?: Float64Array | undefined;
  /** What to take the nearest codes of in place of the weight, whose scales count all the same. */
  readonly rounded?: Float32Array | undefined;
}

/** Codes `constant`. */
export function codeWeight(
  { values, shape }: FloatConstant,
  axis: number | undefined,
  formats: Formats,
  { least, rounded = values }: CodeWeightOptions = {},
): CodedWeight {
  const layout = channelLayout(shape, axis);
  const reals = new ChannelRange(layout);
  reals.add(values);
  const { range, symmetric } = weightRange(formats);
  const scales = new Float32Array(layout.channels);
  const zeroPoints = new Int32Array(layout.channels);
  for (let channel = 0; channel < layout.channels; channel++) {
    const given = quantizationParameters(reals.min[channel]!, reals.max[channel]!, range, symmetric);
    // A channel of zeros has any scale; its zero point must be that of the others.
    const zero = symmetric ? (range.qmin + range.qmax) / 2 : given.zeroPoint;
    scales[channel] = Math.max(given.scale, least?.[channel] ?? 0);
    zeroPoints[channel] = zero;
  }
  const quantizer = new Quantizer(layout, scales, zeroPoints, range);
  const { weight: type } = formats;
  const codes = quantizer.quantize(
    rounded,
    type === 'uint8' ? new Uint8Array(values.length) : new Int8Array(values.length),
  );
  const bytes = type === 'int4' ? packBits(codes, 4) : bytesOf(codes);
  const noise = rounded === values ? quantizer.noise(values) : differencePower(values, quantizer.dequantize(codes));
  return { type, shape, bytes, ...(axis !== undefined && { axis }), scales, zeroPoints, noise };
}

/** A bias as int32 with zero point 0. */
export interface CodedBias {
  readonly values: Int32Array;
  readonly scales: Float32Array;
}

/** Scale of the input times that of the weight: what products come in. */
export function codeBias(bias: Float32Array, inputScale: number, weightScales: Float32Array): CodedBias {
  const scales = weightScales.map((scale) => Math.fround(scale * inputScale));
  const scaleOf = (channel: number): number => scales[scales.length === 1 ? 0 : channel]!;
  const limit = 2 ** 31 - 1;
  const values = Int32Array.from(bias, (value, channel) =>
    Math.max(-limit, Math.min(limit, roundHalfEven(value / scaleOf(channel)))),
  );
  return { values, scales };
}

/**
 * The smallest scales of a weight with which its bias fits into int32 (ONNX Runtime's rule: a bias may take half the
 * range); undefined when the scales are large enough as they are.
 */
export function scalesForBias(bias: Float32Array, inputScale: number, scales: Float32Array): Float64Array | undefined {
  const least = new Float64Array(scales.length);
  bias.forEach((value, channel) => {
    const at = scales.length === 1 ? 0 : channel;
    const needed = (1.0001 * 2 * Math.abs(value)) / (2 ** 32 - 2) / inputScale;
    least[at] = Math.max(least[at]!, needed);
  });
  return scales.some((scale, channel) => scale < least[channel]!) ? least : undefined;
}

/** Codes each weight once for each way of reading it, however many layers read it and however often it is asked for. */
export class WeightStore {
  private readonly known = new Map<string, CodedWeight>();

  constructor(
    private readonly formats: Formats,
    private readonly rounded: RoundedWeights = new Map(),
  ) {}

  /** The same, with weights that were rounded otherwise than to the nearest code. */
  with(rounded: RoundedWeights): WeightStore {
    return new WeightStore(this.formats, rounded);
  }

  /** The coded weight; `axis` is that of the channels, `least` as for codeWeight(): other scales, other codes. */
  code(source: ConstantSource, axis: number | undefined, least?: Float64Array): CodedWeight {
    const raised = least ? `|${Array.from(least).join()}` : '';
    const key = `${source.root.name}|${String(source.perm)}|${source.tensor.shape.join()}|${axis}${raised}`;
    let coded = this.known.get(key);
    if (!coded) {
      const tensor = least ? undefined : this.rounded.get(source.tensor);
      const rounded = tensor && readConstant({ ...source, tensor }).values;
      const { perChannel } = this.formats;
      coded = codeWeight(readConstant(source), perChannel ? axis : undefined, this.formats, { least, rounded });
      this.known.set(key, coded);
    }
    return coded;
  }
}
