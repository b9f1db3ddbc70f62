/**
 * What the engine knows of an operator. One file per family in `families/` declares its members; the registry collects
 * them. Adding an operator is one entry: how its outputs' types follow from its inputs, and what it costs.
 */
import { type Expression } from '../graph/expression';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { type Dim, type Shape, type ValueType } from '../graph/shape';
import { type DataType } from '../graph/dataType';
import { type Value } from '../graph/value';

/**
 * What is known of the contents of a value, for shape arithmetic: elements of a small tensor of any rank, row-major,
 * each a number (bool as 0 and 1), an expression, or null for unknown.
 */
export interface PartialContents {
  readonly shape: readonly number[];
  readonly elements: readonly Dim[];
}

/** All that is known of a value: its type, and its contents when they are small and matter for shapes. */
export interface Fact {
  readonly type?: ValueType;
  readonly contents?: PartialContents;
}

/** The view of one node that inference works with. */
export interface InferenceContext {
  readonly node: Node;
  readonly model: Model;
  /** Version of the node's domain that the model (or the function around the node) imports. */
  readonly opset: number;
  /** Type and contents of input `index`, as far as known. */
  fact(index: number): Fact | undefined;
  /** Type of input `index`, as far as known. */
  input(index: number): ValueType | undefined;
  /** Shape of a tensor input, as far as known. */
  shape(index: number): Shape | undefined;
  /** Element type of a tensor input. */
  dataType(index: number): DataType | undefined;
  /** What is known of the contents of input `index`. */
  contents(index: number): PartialContents | undefined;
  /** The concrete elements of input `index` when all are known: axes, pads, sizes. */
  numbers(index: number): number[] | undefined;
  /** True when the node has an input there. */
  has(index: number): boolean;
  /** Declares the type of output `index`. */
  output(index: number, type: ValueType | undefined): void;
  /** Declares a tensor output; an unknown element type leaves the output unknown. */
  tensor(index: number, dataType: DataType | undefined, shape: Shape | undefined): void;
  /** Declares what is known of the contents of output `index`. */
  setContents(index: number, contents: PartialContents | undefined): void;
  /** Makes a fresh symbol for a dimension that only running tells. */
  freshSymbol(base: string): Expression;
  /**
   * Infers a body (If, Loop, Scan) whose formal inputs get these facts; returns what is known of its outputs. `quiet`
   * for a body that will not run: what contradicts itself there is nobody's concern.
   */
  inferBody(body: Graph, inputs: readonly (Fact | undefined)[], quiet?: boolean): Fact[];
  /** How many bodies are around this node: rules that infer a body repeatedly stop doing so when it gets deep. */
  readonly depth: number;
  /** Reports something odd about the node; inference goes on. */
  warn(code: string, message: string): void;
}

/** The view of one node that costing works with: all types are inferred by then. */
export interface CostContext {
  readonly node: Node;
  readonly opset: number;
  shape(index: number): Shape | undefined;
  outputShape(index: number): Shape | undefined;
  dataType(index: number): DataType | undefined;
  outputDataType(index: number): DataType | undefined;
  contents(index: number): PartialContents | undefined;
  /** What is known of the contents of any value, such as one inside a body. */
  contentsOf(value: Value | undefined): PartialContents | undefined;
  /** Sum over the nodes of a body: what one run of it costs. */
  bodyCost(body: Graph): Cost;
}

/** Cost of one node; undefined when it depends on an unknown dimension. */
export interface Cost {
  /** Multiply-accumulates (NUMERICS.md, section 1). */
  readonly macs: Expression | undefined;
  /** Floating-point operations: 2·MACs + elementwise work. */
  readonly flops: Expression | undefined;
}

/** One operator of one domain. */
export interface OperatorDefinition {
  readonly domain: string;
  readonly name: string;
  /** True when each output element depends on the input elements at its place alone: it can be computed in place. */
  readonly elementwise?: boolean;
  /** Sets the types of the outputs. Unknown inputs give unknown outputs, never an exception for a valid model. */
  readonly infer?: (context: InferenceContext) => void;
  /** Absent: the operator computes nothing that counts (a copy, a view, a constant). */
  readonly cost?: (context: CostContext) => Cost;
}

/** How a family writes its members: names map to what is known of them. */
export type OperatorRules = Omit<OperatorDefinition, 'domain' | 'name'>;

/** Declares operators of one domain that share their rules. */
export function defineOperators(
  names: readonly string[],
  rules: OperatorRules,
  domain = '',
): readonly OperatorDefinition[] {
  return names.map((name) => ({ domain, name, ...rules }));
}
