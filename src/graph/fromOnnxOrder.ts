/** The order of nodes: ONNX asks for a topological one; files that are merely unsorted are sorted, stably. */
import { type GraphProto, type NodeProto } from '../onnx/schema/onnx_pb';
import { LapidaryError } from '../protocol/errors';

/** Nodes so that each comes after what it reads; throws `invalid-model` when they run in a circle. */
export function inOrder(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const producers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const name of node.output) if (name !== '') producers.set(name, index);
  });
  if (isSorted(nodes, producers)) return nodes;
  const reads = nodes.map((node) => [...new Set(namesRead(node))].flatMap((name) => producers.get(name) ?? []));
  return sorted(nodes, reads);
}

function isSorted(nodes: readonly NodeProto[], producers: ReadonlyMap<string, number>): boolean {
  for (let index = 0; index < nodes.length; index++) {
    for (const name of namesRead(nodes[index]!)) if ((producers.get(name) ?? -1) >= index) return false;
  }
  return true;
}

/** Depth first over what each node reads, without recursion: a chain may have a hundred thousand nodes. */
function sorted(nodes: readonly NodeProto[], reads: readonly (readonly number[])[]): NodeProto[] {
  const order: NodeProto[] = [];
  const state = new Uint8Array(nodes.length);
  const [open, done] = [1, 2];
  for (let root = 0; root < nodes.length; root++) {
    const path = state[root] === done ? [] : [{ index: root, next: 0 }];
    while (path.length > 0) {
      const step = path[path.length - 1]!;
      state[step.index] = open;
      const source = reads[step.index]![step.next++];
      if (source === undefined) {
        state[step.index] = done;
        order.push(nodes[step.index]!);
        path.pop();
      } else if (state[source] === open) {
        throw circle(path.slice(path.findIndex(({ index }) => index === source)).map(({ index }) => nodes[index]!));
      } else if (state[source] !== done) path.push({ index: source, next: 0 });
    }
  }
  return order;
}

function circle(nodes: readonly NodeProto[]): LapidaryError {
  const names = nodes.map((node) => `"${node.name || node.output[0]}"`).slice(0, 5);
  const shown = nodes.length > 5 ? `${names.join(', ')} …` : names.join(', ');
  return new LapidaryError('invalid-model', `Nodes wait for each other in a circle: ${shown}.`, {
    node: nodes[0]!.name || nodes[0]!.opType,
  });
}

/** Names that a node reads, itself and through the bodies it holds. */
function namesRead(node: NodeProto): Iterable<string> {
  if (!node.attribute.some(({ g, graphs }) => g || graphs.length > 0)) return node.input;
  const names = new Set(node.input);
  for (const attribute of node.attribute) {
    if (attribute.g) for (const name of namesCaptured(attribute.g)) names.add(name);
    for (const graph of attribute.graphs) for (const name of namesCaptured(graph)) names.add(name);
  }
  return names;
}

/** Names that a body takes from the graphs around it. */
function namesCaptured(graph: GraphProto): Set<string> {
  const own = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  const captured = new Set<string>();
  const add = (name: string): void => void (own.has(name) || captured.add(name));
  for (const node of graph.node) for (const name of namesRead(node)) add(name);
  graph.output.forEach(({ name }) => add(name));
  return captured;
}
