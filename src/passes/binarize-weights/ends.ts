/** Which layers are next to the inputs and the outputs of a model. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { isLayer } from '../../pass/weights/roles';

/**
 * Layers of the main graph that no other layer comes before, and those that none comes after. Nodes with bodies count as
 * layers, so that what is around them is not taken for an end.
 */
export function endLayers(model: Model): Set<Node> {
  const nodes = [...model.graph.nodes()];
  const counts = (node: Node): boolean => isLayer(node) || node.bodies.length > 0;
  const behind = new Set<Node>();
  for (const node of nodes) {
    const after = node.inputs.some(
      (value) => value?.producer && (behind.has(value.producer) || counts(value.producer)),
    );
    if (after) behind.add(node);
  }
  const before = new Set<Node>();
  for (const node of [...nodes].reverse()) {
    const leads = node.outputs.some((value) =>
      value?.consumers().some((reader) => before.has(reader) || counts(reader)),
    );
    if (leads) before.add(node);
  }
  return new Set(nodes.filter((node) => isLayer(node) && (!behind.has(node) || !before.has(node))));
}
