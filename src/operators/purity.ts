/** Which nodes may be merged with a twin, or computed once and for all. */
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';

/** Operators whose every call gives something new; Dropout when it trains. */
const random = new Set([
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli', 'Dropout'],
]);

const impure = new Set([...random, 'Optional', 'SequenceEmpty', 'Constant']);

/** Label of a node that draws random numbers, so that two runs need not agree. */
export function randomNode(model: Model): string | undefined {
  for (const graph of [model.graph, ...model.functions.map(({ body }) => body)]) {
    for (const node of graph.allNodes()) {
      if (random.has(node.opType) && (node.opType !== 'Dropout' || node.input(2))) return node.label;
    }
  }
  return undefined;
}

/** Domains whose operators are known to be functions of their inputs, those above and below apart. */
const knownDomains = new Set(['', 'ai.onnx.ml', 'com.microsoft']);

/** True when two calls with the same inputs give the same outputs, and the node has no body. */
export function isPure(node: Node, model: Model): boolean {
  if (model.functionOf(node.domain, node.opType, node.overload)) return false;
  if (!knownDomains.has(node.domain) || impure.has(node.opType)) return false;
  if (node.domain === 'com.microsoft' && /Dropout|Random|Sampling|Search|Record|Wait|Yield/.test(node.opType))
    return false;
  return node.bodies.length === 0;
}
