/** If with a constant condition: the branch that is taken moves into the graph. */
import { Attribute } from '../../../graph/attribute';
import { cloneGraph } from '../../../graph/clone';
import { type Graph } from '../../../graph/graph';
import { Node } from '../../../graph/node';
import { Value } from '../../../graph/value';
import { toNumbers } from '../../../numerics/elements';
import { type Editor, type Rewrite } from '../editor';

/** Takes the branch that every run takes. */
export const takeConstantBranch: Rewrite = {
  id: 'if',
  apply(editor) {
    for (const node of editor.nodes()) {
      const condition = node.is('If') ? editor.constant(node.input(0), node.graph!) : undefined;
      if (condition?.dataType !== 'bool' || condition.size !== 1) continue;
      const taken = toNumbers('bool', condition.bytes(), 1)[0] === 1;
      const branch = node.subgraph(taken ? 'then_branch' : 'else_branch');
      if (!branch || branch.sparseInitializers.length > 0 || holdsGraphLists(branch)) continue;
      const what = `replaced by its ${taken ? 'then' : 'else'} branch: the condition is constant`;
      editor.attempt('if', node, what, () => inline(editor, node, branch));
    }
  },
};

/** Lists of graphs are no standard attribute: such a branch stays. */
function holdsGraphLists(branch: Graph): boolean {
  for (const node of branch.nodes()) {
    for (const { payload } of node.attributes.values()) if (payload.kind === 'graphs') return true;
  }
  return false;
}

function inline(editor: Editor, node: Node, branch: Graph): void {
  const graph = node.graph!;
  const values = new Map<Value, Value>();
  for (const value of branch.initializers.values()) {
    values.set(value, graph.addInitializer(value.constant!.with({ name: graph.uniqueName(value.name) })));
  }
  // A value of an outer graph stands for itself.
  const mapped = (value: Value | undefined): Value | undefined => value && (values.get(value) ?? value);
  for (const inner of branch.nodes()) {
    const outputs = inner.outputs.map((value) => value && new Value(graph.uniqueName(value.name), value.type));
    inner.outputs.forEach((value, index) => value && values.set(value, outputs[index]!));
    const { opType, domain, overload, name, docString, metadata, residue } = inner;
    const attributes = [...inner.attributes.values()].map((attribute) => rebind(attribute, graph, values));
    const inputs = inner.inputs.map(mapped);
    const copy = new Node({
      opType,
      domain,
      overload,
      name,
      docString,
      metadata,
      residue,
      inputs,
      outputs,
      attributes,
    });
    editor.adopt(copy, node);
    graph.insertBefore(node, copy);
  }
  node.outputs.forEach((value, index) => {
    const source = mapped(branch.outputs[index]);
    if (value && source) graph.replaceValue(value, source);
  });
  graph.remove(node);
}

/** Bodies inside the branch read the copies of the branch's values. */
function rebind(attribute: Attribute, graph: Graph, values: ReadonlyMap<Value, Value>): Attribute {
  const { name, payload, docString, residue } = attribute;
  if (payload.kind !== 'graph') return attribute;
  return new Attribute(name, { kind: 'graph', value: cloneGraph(payload.value, graph, values) }, docString, residue);
}
