/** The best binary approximation of a weight, per output channel. */
import { type Tensor } from '../../graph/tensor';
import { channelLayout, type Noise } from '../../numerics/quantize';
import { FloatReader } from '../../pass/floatPieces';

/** W ≈ α·B with B in {−1, +1}. */
export interface BinaryWeight {
  /** Signs in the order of the weight, 1 for +1, eight to a byte, low bits first. */
  readonly packed: Uint8Array;
  /** α, one per channel. */
  readonly scales: Float32Array;
  /** Not finite when the weight holds NaN or infinities. */
  readonly noise: Noise;
}

/**
 * B = sign(W) and α = mean|W| over a channel minimize ‖W − α·B‖² (Rastegari et al., "XNOR-Net", 2016, section 3.1). Without an
 * axis the tensor is one channel. Reads the weight in pieces.
 */
export function binarize(tensor: Tensor, axis: number | undefined): BinaryWeight {
  const { channels, inner } = channelLayout(tensor.shape, axis);
  const packed = new Uint8Array(Math.ceil(tensor.size / 8));
  const magnitudes = new Float64Array(channels);
  let signal = 0;
  for (const { start, values } of new FloatReader(tensor).pieces()) {
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      const at = start + i;
      if (x >= 0) packed[at >> 3] = packed[at >> 3]! | (1 << (at & 7));
      const channel = channels === 1 ? 0 : Math.floor(at / inner) % channels;
      magnitudes[channel] = magnitudes[channel]! + Math.abs(x);
      signal += x * x;
    }
  }
  const count = tensor.size / channels;
  const scales = Float32Array.from(magnitudes, (sum) => sum / count);
  // Σ(x − α·sign x)² = Σx² − 2α·Σ|x| + n·α².
  let noise = signal;
  magnitudes.forEach((sum, channel) => (noise += scales[channel]! * (count * scales[channel]! - 2 * sum)));
  return { packed, scales, noise: { signal, noise: noise < 0 ? 0 : noise } };
}
