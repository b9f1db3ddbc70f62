/** Constant nodes become initializers: one form for all other rewrites. */
import { type Node } from '../../../graph/node';
import { Tensor } from '../../../graph/tensor';
import { bytesOf } from '../../../numerics/elements';
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

/** The tensor of a Constant node in any of its forms but the sparse one. */
function constantTensor(node: Node): Tensor | undefined {
  const dense = node.tensor('value');
  if (dense) return dense;
  const [int, ints] = ['value_int', 'value_ints'].map((name) => node.attributes.get(name)?.payload);
  const [float, floats] = [node.float('value_float'), node.floats('value_floats')];
  const whole = (values: readonly bigint[], shape: readonly number[]): Tensor =>
    Tensor.ofBytes('', 'int64', shape, bytesOf(BigInt64Array.from(values)));
  const real = (values: readonly number[], shape: readonly number[]): Tensor =>
    Tensor.ofBytes('', 'float', shape, bytesOf(Float32Array.from(values)));
  if (int?.kind === 'int') return whole([int.value], []);
  if (ints?.kind === 'ints') return whole(ints.value, [ints.value.length]);
  if (float !== undefined) return real([float], []);
  return floats && real(floats, [floats.length]);
}
