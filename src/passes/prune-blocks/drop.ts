/** Drops a residual block: whoever read the sum reads the skip. */
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { LapidaryError } from '../../protocol/errors';

/** Makes users of the value `output` read `skip`, and clears away what only made `output`. Nodes keep their names. */
export function dropBlock(model: Model, output: string, skip: string): void {
  const { graph } = model;
  const values = new Map<string, Value>(graph.inputs.map((value) => [value.name, value]));
  const nodes: Node[] = [...graph.nodes()];
  for (const node of nodes) for (const value of node.outputs) if (value) values.set(value.name, value);
  const [from, to] = [values.get(output), values.get(skip)];
  if (!from || !to) throw new LapidaryError('internal', 'A residual block is gone already.', { tensor: output });
  graph.replaceValue(from, to);
  removeUnused(from, graph);
}
