/**
 * What the engine knows of an operator. One file per family declares its members with `defineOperators`; the registry
 * collects them. Adding an operator is one entry: how its outputs' types follow from its inputs, and what it costs.
 */
import { type Expression } from '../graph/expression';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { type Dim, type Shape, type ValueType } from '../graph/shape';
import { type DataType } from '../graph/dataType';

/**
 * What is known of the contents of a value, for shape arithmetic: elements of an integer (or bool, float) tensor of
 * rank 0 or 1 (row-major for small higher ranks), each a number, an expression, or null for unknown.
 */
export interface PartialContents {
  readonly shape: readonly number[];
  readonly elements: readonly Dim[];
}

/** The view of one node that inference works with. */
export interface InferenceContext {
  readonly node: Node;
  readonly model: Model;
  /** Version of the node's domain that the model imports. */
  readonly opset: number;
  /** Type of input `index`, as far as known. */
  input(index: number): ValueType | undefined;
  /** Shape of a tensor input, as far as known. */
  shape(index: number): Shape | undefined;
  /** Element type of a tensor input. */
  dataType(index: number): DataType | undefined;
  /** What is known of the contents of input `index`. */
  contents(index: number): PartialContents | undefined;
  /** Declares the type of output `index`. */
  output(index: number, type: ValueType | undefined): void;
  /** Declares a tensor output. */
  tensor(index: number, dataType: DataType | undefined, shape: Shape | undefined): void;
  /** Declares what is known of the contents of output `index`. */
  setContents(index: number, contents: PartialContents): void;
  /** Makes a fresh symbol for a dimension that only running tells. */
  freshSymbol(base: string): Expression;
  /** Reports something odd about the node; inference goes on. */
  warn(code: string, message: string): void;
}

/** The view of one node that costing works with: all types are inferred by then. */
export interface CostContext {
  readonly node: Node;
  readonly opset: number;
  shape(index: number): Shape | undefined;
  outputShape(index: number): Shape | undefined;
  contents(index: number): PartialContents | undefined;
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
  /** Sets the types of the outputs. Unknown inputs give unknown outputs, never an exception for a valid model. */
  infer?(context: InferenceContext): void;
  /** Absent: the operator computes nothing that counts (a copy, a view, a constant). */
  cost?(context: CostContext): Cost;
}
