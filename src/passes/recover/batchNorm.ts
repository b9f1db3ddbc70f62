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
 * A Conv before it that was refitted gives the original's mean already, but less variance: least squares leave out what
 * no longer can be explained. That is made up for as well. It raises the squared error at this place; yet the Relu behind
 * it, and the layers that are refitted after it, do better with channels as strong as they were, and so do the outputs.
 * Only a channel that runs against the original's (held-out samples tell) keeps its variance. Whether the whole gains is
 * measured at the outputs of the model (apply.ts). Statistics are gathered from the model as repaired so far.
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

/** How far the statistics moved. */
export interface Renormalized {
  /** The largest step of a mean, in deviations of the channel. */
  readonly step: number;
  /** Least and largest factor of a deviation. */
  readonly least: number;
  readonly most: number;
}

/** Steps and factors that are no more than this are rounding. */
const immaterial = 1e-3;

/** A deviation changes no more than so many times: a channel that hardly varies on the samples is no measure for others. */
const mostFactor = 10;

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

/** Sets the statistics that give the outputs the original's means and variances; undefined where they do already. */
export function renormalize(norm: BatchNorm, training: ChannelSums, validation: ChannelSums): Renormalized | undefined {
  const { scale, shift, epsilon } = norm;
  const all = togetherChannels(training, validation);
  const judge = validation.count > 0 ? validation : training;
  const [mean, variance] = [Float64Array.from(norm.mean), Float64Array.from(norm.variance)];
  let [step, least, most] = [0, 1, 1];
  for (const [c, gamma] of scale.entries()) {
    // All β, whatever it reads: there is nothing to set.
    if (gamma === 0) continue;
    const { input, target } = all.channel(c);
    const before = Math.sqrt(variance[c]! + epsilon);
    if (Math.sign(gamma) * judge.correlation(c) > 0) {
      const wanted = Math.abs(gamma) * Math.sqrt(input.variance / target.variance);
      variance[c] = Math.max(0, Math.min(mostFactor * before, Math.max(before / mostFactor, wanted)) ** 2 - epsilon);
    }
    const deviation = Math.sqrt(variance[c]! + epsilon);
    mean[c] = input.mean - ((target.mean - shift[c]!) * deviation) / gamma;
    step = Math.max(step, Math.abs(mean[c] - norm.mean[c]!) / before);
    [least, most] = [Math.min(least, deviation / before), Math.max(most, deviation / before)];
  }
  if (Math.max(step, most - 1, 1 - least) <= immaterial) return undefined;
  replaceVector(norm.node, 3, mean);
  replaceVector(norm.node, 4, variance);
  return { step, least, most };
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
