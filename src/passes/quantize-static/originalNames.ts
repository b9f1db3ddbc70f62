/** Layers as the person's model calls them: simplifying fuses nodes, and nodes without a name are called by what they give. */
import { type Model } from '../../graph/model';
import { type Unit } from './units';

/** Replaces labels that the original model does not have by those of the nodes that gave the same values there. */
export function originalNames<T extends { readonly node: string }>(
  layers: readonly T[],
  units: readonly Pick<Unit, 'node' | 'outputs' | 'tail'>[],
  original: Model,
  valuesRenamed: ReadonlyMap<string, string> = new Map(),
): T[] {
  const labels = new Set<string>();
  const makers = new Map<string, string>();
  for (const node of original.graph.allNodes()) {
    labels.add(node.label);
    for (const output of node.outputs) if (output) makers.set(output.name, node.label);
  }
  const renamed = new Map<string, string>();
  for (const { node, outputs, tail } of units) {
    if (labels.has(node.label)) continue;
    const given = [node.output(0), tail?.output(0), ...outputs].flatMap((value) => {
      const name = value?.name ?? '';
      return makers.get(valuesRenamed.get(name) ?? name) ?? [];
    });
    // What was fused gave another name; the values that it read are still called what they were.
    const read = node.inputs.flatMap((value) => value?.uses().map(({ node: user }) => user.label) ?? []);
    const found = [...given, ...read].find((label) => labels.has(label));
    if (found !== undefined) renamed.set(node.label, found);
  }
  return layers.map((layer) => ({ ...layer, node: renamed.get(layer.node) ?? layer.node }));
}
