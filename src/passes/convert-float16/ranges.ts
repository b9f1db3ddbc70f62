/** Which values of a model do not fit into float16: found by running it. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Inference } from '../../operators/infer';
import { type PassContext } from '../../pass/context';
import { extremesIn, withExtremes } from '../../pass/extremes';
import { observeValues } from '../../pass/observe';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { asFloats, type CheckSamples } from './checkSamples';
import { isFloat32 } from './plan';

/** Half of 65504, the largest float16: a factor of 2 in reserve for inputs that were not seen. */
const largestValue = 32752;

/** Nodes that read or write a value beyond `largestValue`, with the reason, by the node of `model`. */
export async function overflowing(
  model: Model,
  inference: Inference,
  samples: CheckSamples,
  runtime: InferenceRuntime,
  context: PassContext,
): Promise<Map<Node, string>> {
  const names = [...model.graph.nodes()].flatMap(({ outputs }) =>
    outputs.flatMap((value) => (value && isFloat32(value, inference) ? [value.name] : [])),
  );
  const largest = new Map<string, number>();
  context.progress({ fraction: 0, message: 'Checking the ranges of all values' });
  const unclear = await addExtremes(model, names, samples, runtime, context, largest);
  const see = (name: string, tensor: RuntimeTensor): void => {
    largest.set(name, Math.max(largest.get(name) ?? 0, largestFinite(asFloats(tensor))));
  };
  const onProgress = (fraction: number): void =>
    context.progress({ fraction: 0.5 * fraction, message: 'Checking the ranges of all values' });
  await observeValues(model, unclear, see, { runtime, samples, signal: context.signal, onProgress });
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

/**
 * Has the runtime find the largest magnitudes, which spares fetching all values; returns the names of those that have to be
 * looked at one number after the other: what holds infinities (a mask does), or all when the runtime refuses.
 */
async function addExtremes(
  model: Model,
  names: readonly string[],
  samples: CheckSamples,
  runtime: InferenceRuntime,
  context: PassContext,
  largest: Map<string, number>,
): Promise<readonly string[]> {
  const { model: extended, output, places } = withExtremes(model, names);
  if (output === undefined) return names;
  const clear = new Map(places.map(({ name }) => [name, true]));
  const see = (_: string, tensor: RuntimeTensor): void => {
    const vector = asFloats(tensor);
    for (const place of places) {
      const range = extremesIn(vector, place);
      if (!range) clear.set(place.name, false);
      else largest.set(place.name, Math.max(largest.get(place.name) ?? 0, -range[0]!, range[1]!));
    }
  };
  try {
    await observeValues(extended, [output], see, { runtime, samples, signal: context.signal });
  } catch (thrown) {
    const error = LapidaryError.from(thrown, 'runtime-failed');
    if (error.code !== 'runtime-failed' && error.code !== 'unsupported') throw error;
    // A value without elements has no extremes.
    context.log(`The runtime finds no extremes, so all values are looked at: ${error.message}`);
    return names;
  }
  return names.filter((name) => !clear.get(name));
}

function largestFinite(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i]!);
    if (x > largest && x !== Infinity) largest = x;
  }
  return largest;
}
