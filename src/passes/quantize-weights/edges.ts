/** The first and the last layers: few weights, through which everything passes. */
import { type Graph } from '../../graph/graph';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Candidate } from '../../pass/weights/candidates';

/** Share of all weight bytes up to which 8 bits for a weight cost next to nothing. */
const largestShare = 0.02;

/**
 * Names of the weights of layers that no other layer comes before, or none behind, and that are a small part of the model. An error
 * there meets every output: at 4 bits a patch embedding of 0.3 % of the weights cost cifar_vit 1 dB of 27.
 */
export function edgeWeights(graph: Graph, candidates: readonly Candidate[]): ReadonlySet<string> {
  const wanted = candidates.filter(({ decision }) => decision.reason === undefined && decision.kind === 'layer');
  const layers = new Set(wanted.flatMap(({ decision }) => decision.readers).filter((node) => node.graph === graph));
  const total = candidates.reduce((sum, { constant }) => sum + constant.tensor.byteLength, 0);
  const nodes = [...graph.nodes()];
  const behind = reached(nodes, layers, (node) => node.inputs.flatMap((value) => value?.producer ?? []));
  const before = reached([...nodes].reverse(), layers, (node) =>
    node.outputs.flatMap((value) => readersOf(value, graph)),
  );
  const isEdge = (node: Node): boolean => layers.has(node) && !(behind.has(node) && before.has(node));
  return new Set(
    wanted
      .filter(({ constant, decision }) => {
        return decision.readers.every(isEdge) && constant.tensor.byteLength <= largestShare * total;
      })
      .map(({ constant }) => constant.value.name),
  );
}

/** Nodes that a layer leads to, in an order in which neighbours come first. */
function reached(
  order: readonly Node[],
  layers: ReadonlySet<Node>,
  neighbours: (node: Node) => readonly Node[],
): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const node of order) {
    if (neighbours(node).some((each) => layers.has(each) || found.has(each))) found.add(node);
  }
  return found;
}

/** Nodes of `graph` that read a value; those in bodies are passed over. */
function readersOf(value: Value | undefined, graph: Graph): readonly Node[] {
  return (value?.uses() ?? []).flatMap(({ node }) => (node.graph === graph ? node : []));
}
