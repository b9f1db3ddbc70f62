/** Types of the values of a model that is being rewritten, inferred from the untouched original only when asked for. */
import { graphsOf } from '../../graph/attribute';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { tensorType, type ValueType } from '../../graph/shape';
import { type Value } from '../../graph/value';

/** Finds the type of a value of the original model. */
export type Infer = (model: Model) => { typeOf(value: Value): ValueType | undefined };

/** Looks up types of the values of a clone: constants, what the file declares, and else what inference finds. */
export class TypeLookup {
  private readonly originals = new Map<Value, Value>();
  private readonly overridable: ReadonlySet<Value>;
  private inferred?: ReturnType<Infer>;

  constructor(
    private readonly original: Model,
    copy: Model,
    private readonly infer: Infer,
  ) {
    this.pairGraphs(copy.graph, original.graph);
    copy.functions.forEach((f, index) => this.pairGraphs(f.body, original.functions[index]!.body));
    this.overridable = new Set(original.irVersion < 4 ? [] : copy.graph.inputs);
  }

  /** True for an input, with a default value or without. */
  isOverridable(value: Value): boolean {
    return this.overridable.has(value);
  }

  /** The best that is known. */
  typeOf(value: Value): ValueType | undefined {
    if (value.constant) return tensorType(value.constant.dataType, value.constant.shape);
    const declared = value.type;
    if (declared && (declared.kind !== 'tensor' || declared.shape)) return declared;
    const original = this.originals.get(value);
    if (!original) return declared;
    this.inferred ??= this.infer(this.original);
    return this.inferred.typeOf(original) ?? declared;
  }

  private pairGraphs(copy: Graph, original: Graph): void {
    this.pairValues(copy.inputs, original.inputs);
    this.pairValues([...copy.initializers.values()], [...original.initializers.values()]);
    const nodes = original.nodes();
    for (const node of copy.nodes()) this.pairNodes(node, nodes.next().value as Node);
  }

  private pairNodes(copy: Node, original: Node): void {
    this.pairValues(copy.outputs, original.outputs);
    for (const [name, attribute] of copy.attributes) {
      const bodies = graphsOf(original.attributes.get(name)!);
      graphsOf(attribute).forEach((body, index) => this.pairGraphs(body, bodies[index]!));
    }
  }

  private pairValues(copies: readonly (Value | undefined)[], originals: readonly (Value | undefined)[]): void {
    copies.forEach((copy, index) => {
      const original = originals[index];
      if (copy && original) this.originals.set(copy, original);
    });
  }
}
