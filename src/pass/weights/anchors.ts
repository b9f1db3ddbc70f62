/** Where to restore a weight: right before the first node that needs it, so that it does not fill memory earlier. */
import { type Graph } from '../../graph/graph';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';

/** For each value, the first node of the graph that owns it that reads it, itself or from a body inside it. */
export function anchorsOf(graph: Graph, owners: ReadonlyMap<Value, Graph>): Map<Value, Node> {
  const anchors = new Map<Value, Node>();
  collect(graph, owners, anchors);
  return anchors;
}

function collect(graph: Graph, owners: ReadonlyMap<Value, Graph>, anchors: Map<Value, Node>): void {
  for (const node of graph.nodes()) {
    const { bodies } = node;
    for (const reader of [node, ...bodies.flatMap((body) => [...body.allNodes()])]) {
      for (const input of reader.inputs) {
        if (input && owners.get(input) === graph && !anchors.has(input)) anchors.set(input, node);
      }
    }
    for (const body of bodies) collect(body, owners, anchors);
  }
}
