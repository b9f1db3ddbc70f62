/** The view of one node for its operator's rule: reads facts of the inputs, collects facts of the outputs. */
import { type DataType } from '../graph/dataType';
import { Expression } from '../graph/expression';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { canonicalDim, countElements, type Dim, type Shape, tensorType, type ValueType } from '../graph/shape';
import { type Value } from '../graph/value';
import { concreteElements, MAX_ELEMENTS } from './contents';
import { type Fact, type InferenceContext, type PartialContents } from './definition';

/** What a node's view needs of the engine around it. */
export interface InferenceHost {
  readonly model: Model;
  readonly depth: number;
  factOf(value: Value): Fact;
  contentsOf(value: Value): PartialContents | undefined;
  inferBody(
    body: Graph,
    inputs: readonly (Fact | undefined)[],
    opsets: ReadonlyMap<string, number>,
    quiet: boolean,
  ): Fact[];
  fresh(base: string): Expression;
  warn(code: string, message: string, node: Node): void;
}

/** Longer expressions are replaced by a symbol: they would grow with each further node, and nobody can read them. */
const MAX_EXPRESSION = 400;

/** Implements the contract over an engine. */
export class NodeContext implements InferenceContext {
  readonly results: Fact[] = [];

  constructor(
    private readonly host: InferenceHost,
    readonly node: Node,
    readonly opset: number,
    private readonly opsets: ReadonlyMap<string, number>,
  ) {}

  get model(): Model {
    return this.host.model;
  }

  get depth(): number {
    return this.host.depth;
  }

  has(index: number): boolean {
    return this.node.input(index) !== undefined;
  }

  fact(index: number): Fact | undefined {
    const value = this.node.input(index);
    return value && { type: this.host.factOf(value).type, contents: this.host.contentsOf(value) };
  }

  input(index: number): ValueType | undefined {
    const value = this.node.input(index);
    return value && this.host.factOf(value).type;
  }

  shape(index: number): Shape | undefined {
    const type = this.input(index);
    return type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.shape : undefined;
  }

  dataType(index: number): DataType | undefined {
    const type = this.input(index);
    const known = type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.dataType : undefined;
    return known === 'undefined' ? undefined : known;
  }

  contents(index: number): PartialContents | undefined {
    const value = this.node.input(index);
    return value && this.host.contentsOf(value);
  }

  numbers(index: number): number[] | undefined {
    return concreteElements(this.contents(index));
  }

  output(index: number, type: ValueType | undefined): void {
    this.results[index] = { ...this.results[index], type };
  }

  tensor(index: number, dataType: DataType | undefined, shape: Shape | undefined): void {
    if (!this.node.output(index)) return;
    if (dataType === undefined && shape === undefined) return;
    const dims = shape?.map((dim, axis) => this.tame(dim, index, axis));
    this.output(index, tensorType(dataType ?? 'undefined', dims));
  }

  setContents(index: number, contents: PartialContents | undefined): void {
    if (
      !contents ||
      contents.elements.length > MAX_ELEMENTS ||
      countElements(contents.shape) !== contents.elements.length
    ) {
      return;
    }
    const elements = contents.elements.map((e) =>
      e instanceof Expression && e.key.length > MAX_EXPRESSION ? null : e,
    );
    this.results[index] = { ...this.results[index], contents: { shape: contents.shape, elements } };
  }

  freshSymbol(base: string): Expression {
    return this.host.fresh(base);
  }

  inferBody(body: Graph, inputs: readonly (Fact | undefined)[], quiet = false): Fact[] {
    return this.host.inferBody(body, inputs, this.opsets, quiet);
  }

  warn(code: string, message: string): void {
    this.host.warn(code, message, this.node);
  }

  /** Keeps expressions short, and drops what cannot be a dimension. */
  private tame(dim: Dim, index: number, axis: number): Dim {
    if (typeof dim === 'number') return Number.isInteger(dim) && dim >= 0 ? dim : null;
    if (dim === null || dim.constantValue !== undefined) return canonicalDim(dim);
    if (dim.key.length <= MAX_EXPRESSION) return dim;
    return this.host.fresh(`${this.node.output(index)?.name ?? 'dim'}_${axis}`);
  }
}
