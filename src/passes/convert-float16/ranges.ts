/** Which values of a model do not fit into float16: found by running it. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Inference } from '../../operators/infer';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime } from '../../runtime/port';
import { isFloat32 } from './plan';
import { observe, portions, type Probe, type Samples } from './reference';

/** Half of 65504, the largest float16: a factor of 2 in reserve for inputs that were not seen. */
export const largestValue = 32752;

/** Nodes that read or write a value beyond `largestValue`, with the reason, by the node of `model`. */
export async function overflowing(
  model: Model,
  inference: Inference,
  samples: Samples,
  runtime: InferenceRuntime,
  context: PassContext,
): Promise<Map<Node, string>> {
  if (samples.feeds.length === 0) return new Map();
  const probes: Probe[] = [];
  for (const node of model.graph.nodes()) {
    for (const value of node.outputs) {
      if (value && isFloat32(value, inference)) probes.push({ key: value.name, value: value.name, dataType: 'float' });
    }
  }
  const largest = new Map<string, number>();
  const parts = portions(model, probes, samples.feeds[0]!);
  for (const [part, portion] of parts.entries()) {
    if (context.signal.aborted) throw new LapidaryError('cancelled', 'Checking ranges was cancelled.');
    context.progress({ fraction: (0.5 * part) / parts.length, message: 'Checking the ranges of all values' });
    await observe(runtime, model, portion, samples.feeds, (name, values) => {
      largest.set(name, Math.max(largest.get(name) ?? 0, largestFinite(values)));
    });
  }
  const reasons = new Map<Node, string>();
  for (const node of model.graph.nodes()) {
    for (const value of [...node.outputs, ...node.inputs]) {
      const size = value && largest.get(value.name);
      if (size === undefined || size <= largestValue || reasons.has(node)) continue;
      const verb = value!.producer === node ? 'gives' : 'reads';
      reasons.set(node, `It ${verb} values up to ${size.toPrecision(3)}, beyond what float16 holds with a margin.`);
    }
  }
  return reasons;
}

function largestFinite(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i]!);
    if (x > largest && x !== Infinity) largest = x;
  }
  return largest;
}
