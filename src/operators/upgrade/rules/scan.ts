/**
 * Scan of version 8 ran over a batch: every state and every sequence had the batch as axis 0, sequences their time as
 * axis 1. Version 9 knows no batch, so an outer Scan over the batch runs the old one for each item.
 */
import { Attribute } from '../../../graph/attribute';
import { cloneGraph } from '../../../graph/clone';
import { Graph } from '../../../graph/graph';
import { Node } from '../../../graph/node';
import { tensorType, type ValueType } from '../../../graph/shape';
import { type Value } from '../../../graph/value';
import { CannotUpgrade, graphOf, type Rule, type Rules } from '../rule';

const unbatched: Rule = (node) => {
  const body = node.subgraph('body');
  const sequences = node.int('num_scan_inputs');
  if (node.input(0)) throw new CannotUpgrade('sequences of different lengths (sequence_lens) have no form in Scan 9');
  if (!body || sequences === undefined) throw new CannotUpgrade('attribute body or num_scan_inputs is missing');
  const inputs = node.inputs.slice(1);
  const states = inputs.length - sequences;

  const outer = new Graph(`${body.name}_batch`, graphOf(node));
  const items = body.inputs.map((value, index) => {
    const type = index < states ? value.type : withLeadingDim(value.type);
    return outer.addInput(outer.newValue(`${value.name}_item`, type));
  });
  const results = body.outputs.map((value) => outer.newValue(`${value.name}_item`));
  const inner = new Node({
    opType: 'Scan',
    name: node.name === '' ? '' : `${node.name}/item`,
    inputs: items,
    outputs: results,
    attributes: [
      Attribute.graph('body', cloneGraph(body, outer, captures(body))),
      Attribute.int('num_scan_inputs', sequences),
    ],
  });
  const directions = node.ints('directions');
  if (directions) inner.setAttribute(Attribute.ints('scan_input_directions', directions));
  outer.append(inner);
  outer.outputs.push(...results);

  for (const old of [...body.allNodes()]) old.detach();
  node.attributes.delete('directions');
  node.setAttribute(Attribute.graph('body', outer));
  node.setAttribute(Attribute.int('num_scan_inputs', inputs.length));
  node.truncateInputs(0);
  inputs.forEach((value, index) => node.setInput(index, value));
};

/** The type of one item of the batch: the body sees it step by step. */
function withLeadingDim(type: ValueType | undefined): ValueType | undefined {
  if (type?.kind !== 'tensor') return type;
  return tensorType(type.dataType, type.shape && [null, ...type.shape]);
}

/** Values that a body reads from the graphs around it, each standing for itself. */
function captures(body: Graph): Map<Value, Value> {
  const own = new Set<Value>([...body.inputs, ...body.initializers.values()]);
  const read = new Set<Value>(body.outputs);
  for (const node of body.allNodes()) {
    for (const output of node.outputs) if (output) own.add(output);
    for (const input of node.inputs) if (input) read.add(input);
    const graph = node.graph!;
    for (const value of [...graph.inputs, ...graph.initializers.values()]) own.add(value);
    for (const value of graph.outputs) read.add(value);
  }
  return new Map([...read].filter((value) => !own.has(value)).map((value) => [value, value]));
}

/** Rules by operator. */
export const scanRules: Rules = { Scan: { 9: unbatched } };
