/** `text`: a model in ONNX's textual syntax. Reads only the weights that it writes out. */
import { readModel } from '../graph/fromOnnx';
import { type Graph } from '../graph/graph';
import { type Node } from '../graph/node';
import { printModel } from '../graph/text/print';
import { type TextReport, type TextRequest } from '../protocol/jobs';

/** Prints one model. */
export function text({ path, elideOver }: TextRequest): Promise<TextReport> {
  const model = readModel(path);
  const { text: printed, omitted, nodeLines } = printModel(model, { elideOver });
  const lines = Array.from(rowsOf(model.graph), (node) => nodeLines.get(node) ?? -1);
  return Promise.resolve({ text: printed, nodeLines: lines, omitted });
}

/** Nodes as reports list them: bodies after their node. */
function* rowsOf(graph: Graph): Iterable<Node> {
  for (const node of graph.nodes()) {
    yield node;
    for (const body of node.bodies) yield* rowsOf(body);
  }
}
