/** Outputs of bodies that are values of an outer graph: runtimes refuse them, and nothing counts them as uses. */
import { Node } from '../../../graph/node';
import { type Graph } from '../../../graph/graph';
import { type Value } from '../../../graph/value';
import { type Rewrite } from '../editor';

/** Puts an Identity between an outer value and the output of a body, so that other rewrites see that it is read. */
export const ownBodyOutputs: Rewrite = {
  id: 'body-output',
  apply(editor) {
    for (const graph of editor.graphs()) {
      if (!graph.parent) continue;
      graph.outputs.forEach((value, index) => {
        if (isOwn(graph, value)) return;
        const output = graph.newValue(`${value.name}_inner`, value.type);
        const node = new Node({ opType: 'Identity', name: output.name, inputs: [value], outputs: [output] });
        graph.append(node);
        graph.outputs[index] = output;
      });
    }
  },
};

function isOwn(graph: Graph, value: Value): boolean {
  if (value.producer) return value.producer.graph === graph;
  return graph.inputs.includes(value) || graph.initializers.get(value.name) === value;
}
