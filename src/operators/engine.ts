/**
 * The walk: one pass over the nodes in their order, each node's rule applied once, facts kept per value. Linear in the
 * number of nodes; bodies are walked where their node stands, function bodies once per distinct call.
 */
import { type Expression } from '../graph/expression';
import { type Graph } from '../graph/graph';
import { type Model, type ModelFunction } from '../graph/model';
import { type Node } from '../graph/node';
import { tensorType, type ValueType } from '../graph/shape';
import { type Value } from '../graph/value';
import { type Warning } from '../protocol/report';
import { contentsOfTensor } from './contents';
import { type InferenceHost, NodeContext } from './context';
import { type Fact, type PartialContents } from './definition';
import { attributesKey, instantiate } from './functions';
import { mergeDeclared, typeKey } from './merge';
import { operatorOf } from './registry';
import { type SymbolTable } from './symbols';

const nothing: Fact = {};

/** Function calls deeper than this are not followed: such a model calls itself. */
const MAX_CALL_DEPTH = 64;

/** Walks graphs and keeps what it learns. */
export class Engine implements InferenceHost {
  readonly warnings: Warning[] = [];
  /** The body that was inferred for each node that calls a model function. */
  readonly calls = new Map<Node, Graph>();
  depth = 0;

  private readonly facts = new Map<Value, Fact>();
  private readonly unknown = new Map<string, { node: Node; count: number }>();
  private readonly bodies = new Map<string, { graph: Graph; outputs: readonly Fact[] }>();
  private readonly callStack: ModelFunction[] = [];

  private readonly functions: ReadonlyMap<string, ModelFunction>;

  constructor(
    readonly model: Model,
    readonly symbols: SymbolTable,
  ) {
    this.functions = new Map(model.functions.map((f) => [functionKey(f.domain, f.name, f.overload), f]));
  }

  /** Infers the whole model; the facts of graph inputs are given. */
  run(inputs: ReadonlyMap<Value, Fact>): void {
    for (const [value, fact] of inputs) this.facts.set(value, fact);
    this.walk(this.model.graph, this.model.opsets);
    for (const { node, count } of this.unknown.values()) {
      const times = count > 1 ? ` (${count} nodes)` : '';
      const message = `Operator ${node.qualifiedOpType} is not known${times}: its outputs have no shape.`;
      this.warnings.push({ code: 'unknown-operator', node: node.label, message });
    }
  }

  factOf(value: Value): Fact {
    let fact = this.facts.get(value);
    if (!fact) {
      const { constant } = value;
      const type = constant ? tensorType(constant.dataType, constant.shape) : this.symbols.resolveType(value.type);
      this.facts.set(value, (fact = type ? { type } : nothing));
    }
    return fact;
  }

  contentsOf(value: Value): PartialContents | undefined {
    const fact = this.factOf(value);
    if (fact.contents || !value.constant || value.producer) return fact.contents;
    const contents = contentsOfTensor(value.constant);
    if (contents) this.facts.set(value, { ...fact, contents });
    return contents;
  }

  fresh(base: string): Expression {
    return this.symbols.fresh(base);
  }

  warn(code: string, message: string, node: Node): void {
    this.warnings.push({ code, node: node.label, message });
  }

  inferBody(
    body: Graph,
    inputs: readonly (Fact | undefined)[],
    opsets: ReadonlyMap<string, number>,
    quiet = false,
  ): Fact[] {
    const heard = this.warnings.length;
    body.inputs.forEach((value, index) => {
      const declared = this.symbols.resolveType(value.type);
      const given = inputs[index];
      this.facts.set(value, {
        type: mergeDeclared(given?.type, declared, this.symbols).type,
        contents: given?.contents,
      });
    });
    this.depth++;
    try {
      this.walk(body, opsets);
    } finally {
      this.depth--;
    }
    if (quiet) this.warnings.length = heard;
    return body.outputs.map((value) => ({ type: this.factOf(value).type, contents: this.contentsOf(value) }));
  }

  private walk(graph: Graph, opsets: ReadonlyMap<string, number>): void {
    for (const { value, tensor } of graph.sparseInitializers) {
      this.facts.set(value, { type: tensorType(tensor.values.dataType, tensor.shape) });
    }
    for (const node of graph.nodes()) this.visit(node, opsets);
  }

  private visit(node: Node, opsets: ReadonlyMap<string, number>): void {
    const context = new NodeContext(this, node, this.opsetOf(node.domain, opsets), opsets);
    const called = this.functions.get(functionKey(node.domain, node.opType, node.overload));
    try {
      if (called) this.call(called, context);
      else {
        const definition = operatorOf(node.domain, node.opType);
        if (definition) definition.infer?.(context);
        else this.noteUnknown(node);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.warn(
        'inference-failed',
        `The shapes of ${node.qualifiedOpType} do not follow from its inputs: ${reason}.`,
        node,
      );
      context.results.length = 0;
    }
    node.outputs.forEach((value, index) => value && this.settle(value, context.results[index], node));
  }

  /** A function may leave domains out that the model around it imports. */
  private opsetOf(domain: string, opsets: ReadonlyMap<string, number>): number {
    return opsets.get(domain) ?? this.model.opsets.get(domain) ?? 1;
  }

  /** Joins what the rule said with what the file declares. */
  private settle(value: Value, result: Fact | undefined, node: Node): void {
    const declared = value.type && this.symbols.resolveType(value.type);
    const { type, conflict } = mergeDeclared(result?.type, declared, this.symbols);
    if (conflict) this.warn('type-conflict', `Value "${value.name}" ${conflict}.`, node);
    this.facts.set(value, { type: typeWithContents(type, result?.contents), contents: result?.contents });
  }

  private noteUnknown(node: Node): void {
    const seen = this.unknown.get(node.qualifiedOpType);
    if (seen) seen.count++;
    else this.unknown.set(node.qualifiedOpType, { node, count: 1 });
  }

  private call(called: ModelFunction, context: NodeContext): void {
    const { node } = context;
    if (this.callStack.includes(called) || this.callStack.length >= MAX_CALL_DEPTH) {
      this.warn('recursive-function', `Function ${node.qualifiedOpType} calls itself.`, node);
      return;
    }
    const inputs = called.body.inputs.map((_, index) => context.fact(index));
    const attributes = attributesKey(node);
    const key = attributes === undefined ? undefined : callKey(called, attributes, inputs);
    let body = key === undefined ? undefined : this.bodies.get(key);
    if (!body) {
      const graph = instantiate(called, node);
      this.callStack.push(called);
      try {
        body = { graph, outputs: this.inferBody(graph, inputs, called.opsets) };
      } finally {
        this.callStack.pop();
      }
      if (key !== undefined) this.bodies.set(key, body);
    }
    this.calls.set(node, body.graph);
    body.outputs.forEach((fact, index) => {
      context.output(index, fact.type);
      context.setContents(index, fact.contents);
    });
  }
}

const functionKey = (domain: string, name: string, overload: string): string => `${domain}\0${name}\0${overload}`;

function callKey(called: ModelFunction, attributes: string, inputs: readonly (Fact | undefined)[]): string {
  const facts = inputs.map((fact) => {
    const elements = fact?.contents?.elements.map(String).join() ?? '';
    return fact ? `${typeKey(fact.type)}{${elements}}` : '-';
  });
  return JSON.stringify([called.domain, called.name, called.overload, attributes, facts]);
}

/** Contents know their shape: an output whose rule said only the element type gets it. */
function typeWithContents(type: ValueType | undefined, contents: PartialContents | undefined): ValueType | undefined {
  if (!contents || type?.kind !== 'tensor' || type.shape) return type;
  return { ...type, shape: contents.shape };
}
