/**
 * Scores, where a model ends in their softmax. A softmax hides errors where it is sure and multiplies them where it is not: of all
 * positions that PP-OCR recognition reads, one in a hundred makes nine tenths of the error, whichever layer erred. What the
 * softmax reads tells layers apart on a few samples.
 */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Value } from '../../graph/value';

/** Names of what softmaxes at the outputs of the model read; none where it does not end in one. */
export function scoreNames({ graph }: Model): string[] {
  return graph.outputs.flatMap(({ producer }) => {
    const scores = producer?.is('Softmax') || producer?.is('LogSoftmax') ? producer.input(0) : undefined;
    return scores?.producer?.graph === graph && !graph.outputs.includes(scores) ? [scores.name] : [];
  });
}

/** A copy that gives the values of these names, and nothing else; the model itself where there are none. */
export function givingScores(model: Model, names: readonly string[]): Model {
  if (names.length === 0) return model;
  const copy = cloneModel(model);
  const made = new Map<string, Value>();
  for (const { outputs } of copy.graph.nodes()) for (const value of outputs) if (value) made.set(value.name, value);
  const scores = names.map((name) => made.get(name)!);
  copy.graph.outputs.splice(0, copy.graph.outputs.length, ...scores);
  return copy;
}
