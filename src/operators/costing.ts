/** Costs of nodes over a finished inference: the one place that asks the operators' cost rules. */
import { type DataType } from '../graph/dataType';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { type Shape, type ValueType } from '../graph/shape';
import { type Value } from '../graph/value';
import { type Warning } from '../protocol/report';
import { addCosts, noCost, unknownCost } from './cost';
import { type Cost, type CostContext, type PartialContents } from './definition';
import { type Inference } from './infer';
import { operatorOf } from './registry';

/** Asks cost rules, and adds up bodies and function calls. */
export class Costing {
  /** Values that the runtime computes once, when it loads the model. */
  private readonly constants = new Set<Value>();
  private readonly costs = new Map<Node, Cost>();
  /** Nodes that contradict their operator. */
  readonly warnings: Warning[] = [];

  constructor(
    private readonly model: Model,
    private readonly inference: Inference,
  ) {
    this.findConstants(model.graph);
  }

  /** True when the value depends on constants alone. */
  isConstant(value: Value): boolean {
    return value.constant !== undefined || this.constants.has(value);
  }

  /** What one run of the node costs; its bodies included. */
  costOf(node: Node, opsets: ReadonlyMap<string, number> = this.model.opsets): Cost {
    const before = this.costs.get(node);
    if (before) return before;
    const cost = this.compute(node, opsets);
    this.costs.set(node, cost);
    return cost;
  }

  /** Sum over the nodes of a graph. */
  graphCost(graph: Graph, opsets: ReadonlyMap<string, number> = this.model.opsets): Cost {
    return sumCosts([...graph.nodes()].map((node) => this.costOf(node, opsets)));
  }

  private compute(node: Node, opsets: ReadonlyMap<string, number>): Cost {
    if (node.outputs.every((value) => !value || this.isConstant(value))) return noCost;
    const body = this.inference.calledBody(node);
    if (body) {
      const called = this.model.functionOf(node.domain, node.opType, node.overload);
      this.findConstants(body);
      return this.graphCost(body, called?.opsets);
    }
    const rule = operatorOf(node.domain, node.opType)?.cost;
    if (!rule) return noCost;
    try {
      return rule(new NodeCostContext(this, this.inference, node, opsets));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `The cost of ${node.qualifiedOpType} does not follow from its inputs: ${reason}.`;
      this.warnings.push({ code: 'cost-failed', node: node.label, message });
      return unknownCost;
    }
  }

  private findConstants(graph: Graph): void {
    for (const node of graph.nodes()) {
      for (const body of node.bodies) this.findConstants(body);
      const computed = node.inputs.length === 0 ? node.opType === 'Constant' : !neverFolded(node);
      if (!computed || !node.inputs.every((value) => !value || this.isConstant(value))) continue;
      for (const output of node.outputs) if (output) this.constants.add(output);
    }
  }
}

/** Nodes whose result differs from run to run, or whose bodies read more than their inputs. */
function neverFolded(node: Node): boolean {
  if (/^(Random|Multinomial|Bernoulli|Dropout)/.test(node.opType)) return true;
  return node.bodies.length > 0;
}

/** Adds up costs in one go: repeated addition of polynomials would be quadratic. */
export function sumCosts(costs: readonly Cost[]): Cost {
  let parts = costs.length === 0 ? [noCost] : [...costs];
  while (parts.length > 1) {
    const next: Cost[] = [];
    for (let index = 0; index < parts.length; index += 2) {
      const [a, b] = [parts[index]!, parts[index + 1]];
      next.push(b ? addCosts(a, b) : a);
    }
    parts = next;
  }
  return parts[0]!;
}

class NodeCostContext implements CostContext {
  constructor(
    private readonly costing: Costing,
    private readonly inference: Inference,
    readonly node: Node,
    private readonly opsets: ReadonlyMap<string, number>,
  ) {}

  get opset(): number {
    return this.opsets.get(this.node.domain) ?? 1;
  }

  shape(index: number): Shape | undefined {
    const value = this.node.input(index);
    return value && this.inference.shapeOf(value);
  }

  outputShape(index: number): Shape | undefined {
    const value = this.node.output(index);
    return value && this.inference.shapeOf(value);
  }

  dataType(index: number): DataType | undefined {
    return elementType(this.node.input(index), this.inference);
  }

  outputDataType(index: number): DataType | undefined {
    return elementType(this.node.output(index), this.inference);
  }

  contents(index: number): PartialContents | undefined {
    return this.contentsOf(this.node.input(index));
  }

  contentsOf(value: Value | undefined): PartialContents | undefined {
    return value && this.inference.contentsOf(value);
  }

  bodyCost(body: Graph): Cost {
    return this.costing.graphCost(body, this.opsets);
  }
}

function elementType(value: Value | undefined, inference: Inference): DataType | undefined {
  const type: ValueType | undefined = value && inference.typeOf(value);
  return type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.dataType : undefined;
}
