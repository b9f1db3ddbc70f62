/** Weights whose range is set by a few elements, so that 8 bits are spent on next to nothing. */
import { isReadableFloat } from '../../../graph/floatPieces';
import { type Finding, type Rule } from '../rule';
import { type WeightStatistics } from '../statistics';
import { channelAxisOf } from './channels';

/** Smaller weights are quantized well enough, or not at all. */
const leastElements = 4096;

/**
 * largest / rms from which one scale leaves less than about 22 dB at 8 bits: the noise of rounding is Δ²/12 with
 * Δ = largest/127, so SQNR = 20·log10(127·√12 · rms/largest) = 52.9 dB - 20·log10(largest/rms).
 */
const peakLimit = 35;

/** The fourth moment tells a few outliers from a weight that merely is sparse; normal numbers have 3. */
const kurtosisLimit = 30;

/** A weight with outliers, and whether a scale per channel is enough of a remedy. */
export const outlierWeight: Rule = {
  code: 'outlier-weight',
  summary: 'A weight with outliers, which quantizes badly.',
  readsWeights: true,
  async *check(context): AsyncGenerator<Finding> {
    for (const { node, name, tensor } of context.weights) {
      const axis = channelAxisOf(node);
      const isMatrix = tensor.shape.length > 1 && tensor.size >= leastElements;
      if (axis === undefined || !isMatrix || !isReadableFloat(tensor.dataType)) continue;
      const statistics = await context.statistics(tensor, axis);
      const peak = peakOf(statistics);
      if (peak < peakLimit || statistics.kurtosis < kurtosisLimit) continue;
      const perChannel = statistics.worstChannelPeak < peakLimit;
      yield {
        severity: perChannel ? 'hint' : 'information',
        node: node.label,
        tensor: name,
        message: `The largest element of this weight is ${peak.toFixed(0)} times its rms: one 8-bit scale leaves about ${decibels(peak)} dB. ${
          perChannel
            ? 'Quantize it with a scale per channel.'
            : `Even a scale per channel leaves ${decibels(statistics.worstChannelPeak)} dB in the worst one: keep it in float, or use blocks.`
        }`,
      };
    }
  },
};

const peakOf = ({ largest, rms }: WeightStatistics): number => (rms > 0 ? largest / rms : 0);

const decibels = (peak: number): string => (20 * Math.log10((127 * Math.sqrt(12)) / peak)).toFixed(0);
