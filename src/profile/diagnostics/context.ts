/** What rules look at: the model, what inference knows of it, its weights. Made once for all rules. */
import { constantSource, type ConstantSource } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { Costing } from '../../operators/costing';
import { inferModel, type Inference, type InferOptions } from '../../operators/infer';
import { type MeasuredAgainst } from '../../protocol/check';
import { ownConstants } from '../parameters';
import { evaluateCost } from '../plain';
import { statisticsOf, type WeightStatistics } from './statistics';

/** A weight with the layer that owns it. */
export interface Weight {
  readonly node: Node;
  readonly name: string;
  readonly tensor: Tensor;
}

/** The view of a model that all rules share. */
export class CheckContext {
  readonly inference: Inference;
  /** Every node, also those inside bodies. */
  readonly nodes: readonly Node[];
  /** Constants that count as parameters, each once. */
  readonly weights: readonly Weight[];
  private readonly costing: Costing;
  private readonly bindings: ReadonlyMap<string, number>;
  private readonly totalMacs: number;
  private readonly known = new Map<Tensor, Promise<WeightStatistics>>();

  /** `breathe` lets a cancel through; it throws when there was one. */
  constructor(
    readonly model: Model,
    options: InferOptions,
    readonly breathe: () => Promise<void>,
    /** Of the model beside the one that it was made from, where somebody measured. */
    readonly measured?: MeasuredAgainst,
  ) {
    this.inference = inferModel(model, options);
    this.costing = new Costing(model, this.inference);
    this.bindings = new Map(this.inference.symbols.map(({ name, value }) => [name, value ?? 1]));
    this.nodes = [...model.graph.allNodes()];
    this.totalMacs = evaluateCost(this.costing.graphCost(model.graph).macs, this.bindings) ?? 0;
    const { byNode } = ownConstants(model.graph, (value) => this.costing.isConstant(value));
    this.weights = [...byNode].flatMap(([node, constants]) =>
      constants.filter(({ parameters }) => parameters > 0).map(({ name, tensor }) => ({ node, name, tensor })),
    );
  }

  /** True when the value depends on constants alone. */
  isConstant(value: Value): boolean {
    return this.costing.isConstant(value);
  }

  /** The dense constant behind an input of a node; undefined when it is computed or omitted. */
  constant(node: Node, index: number): ConstantSource | undefined {
    const value = node.input(index);
    return value && node.graph && constantSource(value, node.graph);
  }

  /** The part of the model's multiplications that a node makes, 0 to 1; dynamic dimensions count as bound, or 1. */
  share(node: Node): number {
    const macs = evaluateCost(this.costing.costOf(node).macs, this.bindings) ?? 0;
    return this.totalMacs > 0 ? macs / this.totalMacs : 0;
  }

  /** Statistics of a weight, read once, in pieces; `channelAxis` is the axis of its output channels. */
  statistics(tensor: Tensor, channelAxis: number): Promise<WeightStatistics> {
    const before = this.known.get(tensor);
    if (before) return before;
    const statistics = statisticsOf(tensor, channelAxis, this.breathe);
    this.known.set(tensor, statistics);
    return statistics;
  }
}
