/** Deep copies of graphs and models that share the (immutable) tensors: passes work on a clone. */
import { Attribute } from './attribute';
import { Graph } from './graph';
import { copyMetadata } from './metadata';
import { Model } from './model';
import { Node } from './node';
import { Value } from './value';

/** A copy that can be edited without the original noticing. */
export function cloneModel(model: Model): Model {
  const copy = new Model(cloneGraph(model.graph));
  const { irVersion, producerName, producerVersion, domain, modelVersion, docString, residue, path } = model;
  Object.assign(copy, { irVersion, producerName, producerVersion, domain, modelVersion, docString, residue, path });
  for (const [name, version] of model.opsets) copy.opsets.set(name, version);
  copy.metadata = new Map(model.metadata);
  copy.functions = model.functions.map((definition) => ({ ...definition, body: cloneGraph(definition.body) }));
  return copy;
}

/** The node of a copy, whose nodes are still the same, that stands where `node` does in `model`. */
export function twinOf(node: Node, model: Model, copy: Model): Node {
  const index = [...model.graph.allNodes()].indexOf(node);
  return [...copy.graph.allNodes()][index]!;
}

/**
 * Copies a graph. Values of enclosing graphs that it reads stay the same values, unless `outer` maps them to copies.
 * `parent` is the graph that the copy sees, when it is a body.
 */
export function cloneGraph(graph: Graph, parent?: Graph, outer: ReadonlyMap<Value, Value> = new Map()): Graph {
  const copy = new Graph(graph.name, parent);
  copy.docString = graph.docString;
  copy.metadata = new Map(graph.metadata);
  copy.residue = graph.residue;
  copy.annotations = [...graph.annotations];
  // All values first: a body may be the only one to read some of them.
  const values = new Map(outer);
  for (const value of definedValues(graph)) values.set(value, cloneValue(value));
  const copyOf = (value: Value): Value => values.get(value) ?? value;
  for (const input of graph.inputs) copy.addInput(copyOf(input));
  for (const value of graph.initializers.values()) {
    copy.claim(value.name);
    copy.initializers.set(value.name, copyOf(value));
  }
  for (const { value, tensor } of graph.sparseInitializers) {
    copy.claim(value.name);
    copy.sparseInitializers.push({ value: copyOf(value), tensor });
  }
  for (const node of graph.nodes()) copy.append(cloneNode(node, copy, values));
  for (const output of graph.outputs) copy.outputs.push(copyOf(output));
  return copy;
}

/** Values that a graph itself brings forth. */
function* definedValues(graph: Graph): Generator<Value> {
  yield* graph.inputs;
  yield* graph.initializers.values();
  for (const { value } of graph.sparseInitializers) yield value;
  for (const node of graph.nodes()) for (const output of node.outputs) if (output) yield output;
}

function cloneValue(value: Value): Value {
  const twin = new Value(value.name, value.type);
  twin.constant = value.constant;
  twin.docString = value.docString;
  twin.metadata = copyMetadata(value.metadata);
  twin.residue = value.residue;
  return twin;
}

function cloneNode(node: Node, owner: Graph, values: ReadonlyMap<Value, Value>): Node {
  const { opType, domain, overload, name, docString, metadata, residue } = node;
  const inputs = node.inputs.map((value) => value && (values.get(value) ?? value));
  const outputs = node.outputs.map((value) => value && values.get(value));
  const attributes = [...node.attributes.values()].map((attribute) => cloneAttribute(attribute, owner, values));
  return new Node({ opType, domain, overload, name, docString, metadata, residue, inputs, outputs, attributes });
}

function cloneAttribute(attribute: Attribute, owner: Graph, values: ReadonlyMap<Value, Value>): Attribute {
  const { name, payload, docString, residue } = attribute;
  if (payload.kind === 'graph') {
    return new Attribute(name, { kind: 'graph', value: cloneGraph(payload.value, owner, values) }, docString, residue);
  }
  if (payload.kind === 'graphs') {
    const bodies = payload.value.map((body) => cloneGraph(body, owner, values));
    return new Attribute(name, { kind: 'graphs', value: bodies }, docString, residue);
  }
  return attribute;
}
