/** Puts integers and Q/DQ nodes into a clone of the plan's model. */
import { owningGraph, removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { Value } from '../../graph/value';
import { OperandWriter, type Written } from './operands';
import { type Group } from './parameters';
import { type StaticPlan } from './plan';
import { type Selection } from './select';
import { StoredParameters } from './storedParameters';
import { type Unit } from './units';

/** One use per model. */
export class Writer {
  private readonly graph: Graph;
  private readonly twins = new Map<Node, Node>();
  private readonly values = new Map<Value, Value>();
  private readonly parameters: StoredParameters;
  private readonly operands: OperandWriter;

  constructor(
    plan: StaticPlan,
    model: Model,
    private readonly groupOf: (value: Value) => Group,
  ) {
    this.graph = model.graph;
    const graphs = new Map<Graph, Graph>();
    const copies = [...model.graph.allGraphs()];
    for (const [index, graph] of [...plan.model.graph.allGraphs()].entries()) {
      const copy = copies[index]!;
      graphs.set(graph, copy);
      graph.inputs.forEach((input, at) => this.values.set(input, copy.inputs[at]!));
      const nodes = copy.nodes();
      for (const node of graph.nodes()) {
        const twin = nodes.next().value as Node;
        this.twins.set(node, twin);
        node.outputs.forEach((output, at) => output && this.values.set(output, twin.output(at)!));
      }
    }
    this.parameters = new StoredParameters(this.graph, plan.formats.activation);
    this.operands = new OperandWriter(plan, { graphs, nodes: this.twins }, groupOf, this.parameters);
  }

  /** Weights, bias and constant operands of a selected unit. */
  write(unit: Unit): Written {
    return this.operands.write(unit);
  }

  /** Quantizes what selected units give and read; to be called once, after all weights are written. */
  writeValues({ active, produced, consumed }: Selection): void {
    // Only codes saturate: a tail behind a layer that gives floats still has its work to do.
    for (const unit of active) if (produced.has(unit.outputs[0]!)) this.foldTail(unit);
    const readers = new Map<Value, [Node, number][]>();
    for (const { node, data } of active) {
      for (const index of data) {
        const value = node.input(index)!;
        readers.set(value, [...(readers.get(value) ?? []), [this.twins.get(node)!, index]]);
      }
    }
    for (const value of new Set([...produced, ...consumed])) {
      this.writeValue(value, produced.has(value), readers.get(value) ?? []);
    }
  }

  /** Codes are made where the value is, and restored in each graph that reads them. */
  private writeValue(value: Value, produced: boolean, readers: readonly (readonly [Node, number])[]): void {
    const twin = this.values.get(value)!;
    const owner = owningGraph(twin, readers[0]?.[0].graph ?? this.graph);
    const [scale, zeroPoint] = this.parameters.of(this.groupOf(value));
    const codes = new Value(this.graph.uniqueName(`${value.name}_Q`));
    const quantize = new Node({
      opType: 'QuantizeLinear',
      name: `${value.name}_Q`,
      inputs: [twin, scale, zeroPoint],
      outputs: [codes],
    });
    insertBehind(twin.producer, quantize, owner);
    const restore = (graph: Graph, behind?: Node): Value => {
      const restored = new Value(this.graph.uniqueName(`${value.name}_DQ`));
      const name = behind ? `${value.name}_DQ` : `${value.name}_DQ_${graph.name}`;
      const inputs = [codes, scale, zeroPoint];
      insertBehind(behind, new Node({ opType: 'DequantizeLinear', name, inputs, outputs: [restored] }), graph);
      return restored;
    };
    const restored = restore(owner, quantize);
    const inBodies = new Map([[owner, restored]]);
    if (produced) owner.replaceValue(twin, restored, [quantize]);
    for (const [node, index] of readers) {
      const graph = node.graph!;
      if (!inBodies.has(graph)) inBodies.set(graph, restore(graph));
      node.setInput(index, inBodies.get(graph));
    }
    removeUnused(restored, owner);
  }

  /** Codes saturate where a Relu or Clip would cut: then the node has nothing left to do. */
  private foldTail(unit: Unit): void {
    if (!unit.tail || !unit.clip) return;
    const output = unit.outputs[0]!;
    const { reals, parameters } = this.groupOf(output);
    const [low, high] = unit.clip;
    // The zero point is rounded, so that a limit other than 0 is met to half a step.
    const slack = low === 0 ? 0 : parameters.scale / 2;
    if (reals.min < low - slack || reals.max > high + Math.max(slack, high * 1e-6)) return;
    const [node, tail] = [this.twins.get(unit.node)!, this.twins.get(unit.tail)!];
    const graph = node.graph!;
    const clipped = tail.output(0)!;
    const limits = tail.inputs.slice(1);
    tail.truncateOutputs(0);
    graph.remove(tail);
    node.setOutput(0, clipped);
    for (const limit of limits) if (limit) removeUnused(limit, graph);
  }
}

/** Right behind `producer`; without one, in front of everything in the graph. */
function insertBehind(producer: Node | undefined, node: Node, graph: Graph): void {
  const [first] = graph.nodes();
  if (producer) graph.insertAfter(producer, node);
  else if (first) graph.insertBefore(first, node);
  else graph.append(node);
}
