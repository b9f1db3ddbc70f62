/** Constant nodes become initializers: one form for all other rewrites. */
import { constantTensor } from '../../../graph/constants';
import { type Rewrite } from '../editor';

/** Takes the tensor out of every Constant node; inside a body it stays in the body. */
export const hoistConstants: Rewrite = {
  id: 'constant-node',
  apply(editor) {
    for (const node of editor.nodes()) {
      const output = node.output(0);
      const graph = node.graph!;
      const tensor = node.is('Constant') ? constantTensor(node) : undefined;
      if (!tensor || !output || graph.outputs.includes(output)) continue;
      editor.attempt('constant-node', node, 'became an initializer', () => {
        output.replaceUsesWith(graph.addInitializer(tensor.with({ name: graph.uniqueName(output.name) })));
        graph.remove(node);
      });
    }
  },
};
