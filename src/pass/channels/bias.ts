/** Biases of layers: one number for each output channel. */
import { constantInput, floatTensor, setConstantInput } from './constant';
import { type Layer } from './layer';

/** The layer's own bias, zeros where it has none; undefined when it is computed, or not one number a channel. */
export function biasOf({ node, outputs }: Layer): Float32Array | undefined {
  if (node.is('MatMul') || !node.input(2)) return new Float32Array(outputs);
  const bias = constantInput(node, 2);
  const size = bias?.shape.reduce((product, dim) => product * dim, 1);
  if (!bias || (size !== 1 && (size !== outputs || bias.shape.at(-1) !== outputs))) return undefined;
  const values = bias.read();
  return values.length === outputs ? values : new Float32Array(outputs).fill(values[0]!);
}

/** True when the layer can be given a bias of its own: MatMul cannot. */
export const takesBias = ({ node }: Layer): boolean => !node.is('MatMul');

/** Gives the layer this bias, under its old name where it had one of its own. */
export function setBias({ node, weight, outputs }: Layer, values: Float32Array): void {
  if (!node.input(2) && values.every((value) => value === 0)) return;
  setConstantInput(node, 2, floatTensor([outputs], values), `${weight.value.name}_bias`);
}
