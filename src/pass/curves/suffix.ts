/** What of a model comes after something in it that is tried: the rest need only run once, however much is tried. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { valuesOf } from '../observe';

/** A part of a model that runs on its own. */
export interface Suffix {
  readonly model: Model;
  /** Values of the whole model that it takes as inputs; whoever opens it sets their types. */
  readonly boundary: readonly Value[];
  /** Names of the outputs that it makes; the others of the model do not depend on what is tried. */
  readonly outputs: readonly string[];
}

/**
 * Cuts a model down to what depends on some of its graph inputs. The model given is changed: give it a copy. Values that
 * the rest made (inputs of the model among them) become graph inputs under their names.
 */
export function suffixOf(model: Model, tried: readonly Value[]): Suffix {
  const { graph } = model;
  const scores = graph.outputs.map(scoresBehind);
  graph.outputs.splice(0, graph.outputs.length, ...new Set(scores));
  const made = new Set<Value>(tried);
  const later = new Set<Node>();
  for (const node of graph.nodes()) {
    if (!readsOf(node).some((value) => made.has(value))) continue;
    later.add(node);
    for (const output of node.outputs) if (output) made.add(output);
  }
  const mainValues = new Set(valuesOf(model).values());
  const boundary = new Set<Value>();
  for (const node of later) {
    for (const value of readsOf(node)) {
      if (mainValues.has(value) && !made.has(value) && !isConstant(value)) boundary.add(value);
    }
  }
  const outputs = graph.outputs.filter((value) => made.has(value));
  graph.outputs.splice(0, graph.outputs.length, ...outputs);
  for (const { producer, outputIndex } of boundary) producer?.setOutput(outputIndex, undefined);
  for (const node of graph.nodesReversed()) {
    const isRead = node.outputs.some((value) => value !== undefined && value.useCount > 0);
    if (!later.has(node) && !isRead) graph.remove(node);
  }
  for (const value of [...graph.initializers.values()]) if (value.useCount === 0) graph.removeInitializer(value);
  const constants = graph.inputs.filter((value) => value.constant !== undefined);
  graph.inputs.splice(0, graph.inputs.length, ...boundary, ...tried, ...constants);
  return { model, boundary: [...boundary], outputs: outputs.map(({ name }) => name) };
}

/** Values that a node reads, those that its bodies take from outside (and their own) included. */
function readsOf(node: Node): Value[] {
  const own = node.inputs.filter((value) => value !== undefined);
  return node.bodies.length === 0 ? own : [...own, ...node.bodies.flatMap(readsOfBody)];
}

function readsOfBody(body: Graph): Value[] {
  return [...body.outputs, ...[...body.nodes()].flatMap(readsOf)];
}

const isConstant = ({ constant, producer }: Value): boolean =>
  constant !== undefined || producer?.is('Constant') === true;

/** What a softmax at the very end is given: probabilities near 0 and 1 hide how far the scores have moved. */
function scoresBehind(output: Value): Value {
  for (let node = output.producer; node && node.domain === ''; node = node.input(0)?.producer) {
    if (node.is('Softmax') || node.is('LogSoftmax')) return node.input(0)!;
    if (!['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast'].includes(node.opType)) break;
  }
  return output;
}
