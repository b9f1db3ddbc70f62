/** Removes what nothing reads. */
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { type Rewrite } from '../editor';

/** Weights that nobody has read from the start; those that other rewrites leave behind go with `removeDead`. */
export const removeUnusedWeights: Rewrite = {
  id: 'unused',
  apply(editor) {
    const [first] = editor.model.graph.nodes();
    const unused = [...editor.graphs()].flatMap((graph) =>
      [...graph.initializers.values()]
        .filter((value) => isUnusedWeight(value, graph))
        .map((value) => ({ graph, value })),
    );
    if (!first || unused.length === 0 || editor.edits.length > 0) return;
    const bytes = unused.reduce((sum, { value }) => sum + (value.constant?.byteLength ?? 0), 0);
    const what = `the whole model: ${unused.length} unused weights (${bytes} bytes) removed`;
    editor.attempt('unused', first, what, () => {
      for (const { graph, value } of unused) removeWeight(graph, value);
    });
  },
};

/** Nodes none of whose outputs are read, and initializers nobody uses. */
export const removeDead: Rewrite = {
  id: 'dead',
  apply(editor) {
    for (const graph of [...editor.graphs()].reverse()) {
      for (const node of graph.nodesReversed()) {
        if (isUnused(node, graph)) editor.attempt('dead', node, 'removed: nothing reads it', () => graph.remove(node));
      }
      for (const value of [...graph.initializers.values()]) {
        if (isUnusedWeight(value, graph)) removeWeight(graph, value);
      }
    }
  },
};

/** What a body lists as an input is filled by its caller, whether it is read or not. */
function isUnusedWeight(value: Value, graph: Graph): boolean {
  if (value.useCount > 0 || graph.outputs.includes(value)) return false;
  return graph.parent === undefined || !graph.inputs.includes(value);
}

/** Old exporters list weights as inputs: without the weight it would become an input that callers have to give. */
function removeWeight(graph: Graph, value: Value): void {
  graph.removeInitializer(value);
  const input = graph.inputs.indexOf(value);
  if (input >= 0) graph.inputs.splice(input, 1);
}

function isUnused(node: Node, graph: Graph): boolean {
  return node.outputs.every((value) => !value || (value.useCount === 0 && !graph.outputs.includes(value)));
}
