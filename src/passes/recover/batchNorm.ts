/**
 * Batch-norm statistics, estimated again. Once layers before it have lost inputs, what a BatchNormalization reads no
 * longer has the mean and variance that it was trained with: a pruned model owes much of its loss to that (Li et al.,
 * EagleEye, ECCV 2020, section 3).
 *
 * EagleEye takes the statistics of the pruned model itself, over training data. Here the two models see the same samples,
 * so that the statistics are set for each channel to give the mean and the variance that the original's output has on
 * them (Jordan et al., REPAIR, ICLR 2023, section 3). On training data that is the same; on few samples, or others, what
 * is particular to them cancels, and a model that lost nothing keeps its statistics.
 *
 * A Conv before it that could be refitted gives the original's mean already; what is then left is the variance that no
 * longer can be explained, and to restore that would scale up the error: samples that were held out decide between the
 * statistics as they are, new means, and new means and variances. They are gathered from the model as repaired so far.
 */
import { constantSource, removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { fromNumbers, toFloat64 } from '../../numerics/elements';
import { type ChannelSums, togetherChannels } from './channelSums';

/** Parameters γ, β, μ, σ² of a BatchNormalization as it is run for inference, one for each channel. */
export interface BatchNorm {
  readonly node: Node;
  readonly epsilon: number;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Running statistics; both are one number for each channel. */
type Statistics = Pick<BatchNorm, 'mean' | 'variance'>;

/** What was decided; errors are noise over signal at its output, on the samples that were held out. */
export interface Renormalized {
  readonly before: number;
  readonly after: number;
  /** What was estimated again; absent: nothing. */
  readonly what?: 'means' | 'means and variances';
}

/** What gains less stays as it is, like a layer's weights; so does what is 70 dB below the signal. */
const [leastGain, rounding] = [0.99, 1e-7];

/** A node's parameters, or why its statistics cannot be set. */
export function batchNormOf(node: Node, { opset }: Model): BatchNorm | string {
  const trains = opset < 14 ? node.outputs.slice(1).some((value) => value !== undefined) : false;
  if (trains || node.int('training_mode', 0) !== 0 || (opset < 7 && node.int('is_test', 0) !== 1)) {
    return 'It normalizes by the batch, as in training: it has no statistics of its own.';
  }
  if (node.int('spatial', 1) === 0) return 'It has statistics for each position, not for each channel.';
  const vectors = [1, 2, 3, 4].map((index) => vectorOf(node, index));
  const [scale, shift, mean, variance] = vectors;
  const isWhole = scale && shift && mean && variance && vectors.every((vector) => vector!.length === scale.length);
  if (!isWhole) return 'Its parameters are computed while the model runs.';
  return { node, epsilon: node.float('epsilon', 1e-5), scale, shift, mean, variance };
}

function vectorOf(node: Node, index: number): Float64Array | undefined {
  const value = node.input(index);
  const source = value && constantSource(value, node.graph!);
  if (!source?.tensor.dataType.match(/^(b?float|double)/) || source.tensor.shape.length !== 1) return undefined;
  return toFloat64(source.tensor.dataType, source.tensor.bytes(), source.tensor.size);
}

/** Sets the statistics that bring the outputs nearest to the original's, where that gains something. */
export function renormalize(norm: BatchNorm, training: ChannelSums, validation: ChannelSums): Renormalized {
  const judge = validation.count > 0 ? validation : training;
  const signal = judge.spread();
  const lossOf = (statistics: Statistics): number => {
    const { slope, offset } = affineOf(norm, statistics);
    return signal > 0 ? judge.error(slope, offset) / signal : 0;
  };
  const before = lossOf(norm);
  let best: Renormalized = { before, after: before * leastGain - rounding };
  for (const what of ['means', 'means and variances'] as const) {
    const after = lossOf(estimated(norm, training, what));
    if (after < best.after) best = { before, after, what };
  }
  if (!best.what) return { before, after: before };
  const { mean, variance } = estimated(norm, togetherChannels(training, validation), best.what);
  replaceVector(norm.node, 3, mean);
  if (best.what === 'means and variances') replaceVector(norm.node, 4, variance);
  return best;
}

/** y = slope·x + offset, what the node computes with these statistics. */
function affineOf({ scale, shift, epsilon }: BatchNorm, { mean, variance }: Statistics) {
  const slope = scale.map((gamma, c) => gamma / Math.sqrt(variance[c]! + epsilon));
  return { slope, offset: shift.map((beta, c) => beta - slope[c]! * mean[c]!) };
}

/** Statistics that give the outputs the mean (and the variance) that the original's have. */
function estimated(norm: BatchNorm, sums: ChannelSums, what: Renormalized['what']): Statistics {
  const { scale, shift, epsilon } = norm;
  const [mean, variance] = [Float64Array.from(norm.mean), Float64Array.from(norm.variance)];
  for (const [c, gamma] of scale.entries()) {
    const { input, target } = sums.channel(c);
    // A channel that is all β, whatever it reads, has nothing to set; one that does not vary, no variance.
    if (gamma === 0) continue;
    if (what !== 'means' && input.variance > 0 && target.variance > 0) {
      variance[c] = Math.max(0, (gamma ** 2 * input.variance) / target.variance - epsilon);
    }
    mean[c] = input.mean - ((target.mean - shift[c]!) * Math.sqrt(variance[c]! + epsilon)) / gamma;
  }
  return { mean, variance };
}

function replaceVector(node: Node, index: number, values: Float64Array): void {
  const graph = node.graph!;
  const value = node.input(index)!;
  const { dataType, shape } = constantSource(value, graph)!.tensor;
  const own = value.useCount === 1 && graph.initializers.get(value.name) === value;
  const name = own ? value.name : graph.uniqueName(`${value.name}_recovered`);
  const tensor = Tensor.ofBytes(name, dataType, shape, fromNumbers(dataType, values));
  if (own) {
    graph.setInitializer(value, tensor);
    return;
  }
  node.setInput(index, graph.addInitializer(tensor));
  removeUnused(value, graph);
}
