/** The part of a model that computes some of its values: what has to run to see them. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';

/** A copy that ends at the named values of the main graph; its inputs are all there still. */
export function truncated(model: Model, names: readonly string[]): Model {
  const copy = cloneModel(model);
  const { graph } = copy;
  const wanted = new Set(names);
  const outputs = new Set<Value>();
  for (const input of graph.inputs) if (wanted.has(input.name)) outputs.add(input);
  for (const node of graph.nodes()) {
    for (const output of node.outputs) if (output && wanted.has(output.name)) outputs.add(output);
  }
  graph.outputs.length = 0;
  graph.outputs.push(...outputs);
  const needless = (node: Node): boolean =>
    node.outputs.every((output) => !output || (output.useCount === 0 && !outputs.has(output)));
  for (const node of graph.nodesReversed()) if (needless(node)) graph.remove(node);
  const constants = [...graph.initializers.values()];
  for (const value of constants) {
    if (value.useCount === 0 && !outputs.has(value) && !graph.inputs.includes(value)) graph.removeInitializer(value);
  }
  return copy;
}
