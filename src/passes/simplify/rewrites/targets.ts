/** Constant targets of Reshape, also where dimensions are dynamic. */
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Dim, sameDim } from '../../../graph/shape';
import { Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { bytesOf } from '../../../numerics/elements';

/**
 * The target that reshapes `source` to `elements` whatever the symbols are: numbers as they are, 0 where a symbol is
 * the source's own at that axis (copy), at most one -1 (infer). Undefined when there is none.
 */
export function literalTarget(elements: readonly Dim[], source: readonly Dim[] | undefined): number[] | undefined {
  const literals: number[] = [];
  let inferred = elements.filter((element) => element === -1).length;
  for (const [axis, element] of elements.entries()) {
    if (typeof element === 'number') {
      // A literal 0 in the data means "copy", which the expression beside it did not.
      if (element === 0) return undefined;
      literals.push(element);
    } else if (source && axis < source.length && element !== null && sameDim(element, source[axis]!)) literals.push(0);
    else if (inferred++ === 0) literals.push(-1);
    else return undefined;
  }
  return literals;
}

/** Adds the target as an initializer named after the node. */
export function addTarget(graph: Graph, node: Node, elements: readonly number[]): Value {
  const data = BigInt64Array.from(elements, (element) => BigInt(element));
  const name = graph.uniqueName(`${node.label}_shape`);
  return graph.addInitializer(Tensor.ofBytes(name, 'int64', [elements.length], bytesOf(data)));
}
