/** Removes what nothing reads. */
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Rewrite } from '../editor';

/** Nodes none of whose outputs are read, and initializers nobody uses. */
export const removeDead: Rewrite = {
  id: 'dead',
  apply(editor) {
    for (const graph of [...editor.graphs()].reverse()) {
      for (const node of graph.nodesReversed()) {
        if (isUnused(node, graph)) editor.attempt('dead', node, 'removed: nothing reads it', () => graph.remove(node));
      }
      for (const value of [...graph.initializers.values()]) {
        // Old exporters list weights as inputs: an unused one would become an input that callers have to give.
        if (value.useCount > 0 || graph.outputs.includes(value)) continue;
        graph.removeInitializer(value);
        const input = graph.inputs.indexOf(value);
        if (input >= 0) graph.inputs.splice(input, 1);
      }
    }
  },
};

function isUnused(node: Node, graph: Graph): boolean {
  return node.outputs.every((value) => !value || (value.useCount === 0 && !graph.outputs.includes(value)));
}
