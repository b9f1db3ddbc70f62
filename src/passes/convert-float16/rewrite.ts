/** Carries out a plan: float16 where it says so, with one cast per value and direction at the borders. */
import { Attribute } from '../../graph/attribute';
import { constantTensor, owningGraph } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { type Noise } from '../../numerics/quantize';
import { convertTypeAttributes, toHalf } from './constants';
import { isFloat32, type Plan } from './plan';
import { isFixedInput, isFixedOutput } from './rules';

/** The two types a value can be had in. */
type Form = 'half' | 'full';

/** A constant that became float16. */
export interface ConvertedConstant {
  readonly name: string;
  readonly bytes: number;
  readonly noise: Noise;
  readonly clamped: number;
  /** False when float32 readers keep the original beside it. */
  readonly replaced: boolean;
  /** Nodes that read it in float16. */
  readonly readers: readonly Node[];
}

/** What the rewriting did. */
export interface Rewriting {
  readonly constants: readonly ConvertedConstant[];
  readonly casts: number;
  /** Values that are computed in float16, by the name they had; the value may have a new name. */
  readonly halves: ReadonlyMap<string, Value>;
}

/** Rewrites `model` in place; `plan` and `inference` are of this very model. */
export function rewriteFloat16(model: Model, plan: Plan, inference: Inference, keepIoTypes: boolean): Rewriting {
  const rewriter = new Rewriter(plan, inference, model.graph, keepIoTypes);
  rewriter.graph(model.graph);
  rewriter.removeIdleCasts();
  return rewriter;
}

class Rewriter implements Rewriting {
  readonly constants: ConvertedConstant[] = [];
  readonly halves = new Map<string, Value>();
  casts = 0;

  /** What is float32, and what is float16, in the model as it was given. */
  private readonly floats = new Set<Value>();
  private readonly original = new Set<Value>();
  /** Values in the form that they do not have by themselves. */
  private readonly other = new Map<Value, Value>();
  /** Values that are float16 by now: computed so, given so, or cast. */
  private readonly native = new Set<Value>();

  constructor(
    private readonly plan: Plan,
    inference: Inference,
    private readonly main: Graph,
    private readonly keepIoTypes: boolean,
  ) {
    for (const value of valuesOf(main)) {
      if (isFloat32(value, inference)) this.floats.add(value);
      const type = inference.typeOf(value);
      if (type?.kind === 'tensor' && type.dataType === 'float16') this.original.add(value);
    }
  }

  graph(graph: Graph): void {
    const ioForm: Form = graph === this.main && !this.keepIoTypes ? 'half' : 'full';
    if (ioForm === 'half') {
      for (const input of graph.inputs) if (this.isFloat(input) && !input.constant) this.becomeHalf(input);
    }
    for (const value of [...graph.initializers.values()])
      if (this.isFloat(value)) this.initializer(value, graph, ioForm);
    for (const node of [...graph.nodes()]) this.node(node, graph);
    graph.outputs.forEach((value, index) => this.output(value, index, graph, ioForm));
  }

  private node(node: Node, graph: Graph): void {
    const role = this.plan.roles.get(node);
    if (role === 'constant') return this.constantNode(node, graph);
    if (role === 'none') return;
    node.inputs.forEach((value, index) => {
      if (!value || !this.isFloat(value)) return;
      const form = role === 'half' && !isFixedInput(node, index) ? 'half' : 'full';
      node.setInput(index, this.inForm(value, form, graph));
    });
    if (role === 'half') {
      this.settleCastLike(node);
      convertTypeAttributes(node);
      node.outputs.forEach((value, index) => {
        if (value && this.isFloat(value) && !isFixedOutput(node, index)) this.becomeHalf(value);
      });
    }
    for (const body of node.bodies) this.graph(body);
  }

  /** An initializer: replaced when only float16 readers are left, else it gets a float16 twin for them. */
  private initializer(value: Value, graph: Graph, ioForm: Form): void {
    const source = value.constant!;
    const { half, only } = this.readersOf(value);
    const isOutput = graph.outputs.includes(value);
    if (half.length === 0 && !(isOutput && ioForm === 'half')) return;
    if (only && !(isOutput && ioForm === 'full')) {
      graph.setInitializer(value, this.convert(source, value.name, half, true));
      this.native.add(value);
    } else {
      const twin = graph.addInitializer(this.convert(source, graph.uniqueName(`${value.name}_float16`), half, false));
      this.other.set(value, twin);
      this.native.add(twin);
    }
  }

  private constantNode(node: Node, graph: Graph): void {
    const value = node.output(0)!;
    const dense = constantTensor(node);
    const source = dense?.dataType === 'float' ? dense : undefined;
    const { half, only } = this.readersOf(value);
    // Only what a reader wants in float16 is converted; anything exotic (sparse values) is cast instead.
    if (!source || half.length === 0) return;
    if (only && !graph.outputs.includes(value)) {
      const tensor = this.convert(source, source.name, half, true);
      for (const name of ['value_float', 'value_floats']) node.attributes.delete(name);
      node.setAttribute(Attribute.tensor('value', tensor));
      this.becomeHalf(value);
      return;
    }
    const tensor = this.convert(source, source.name, half, false);
    const twin = graph.newValue(`${value.name}_float16`);
    const attributes = [Attribute.tensor('value', tensor)];
    graph.insertAfter(node, new Node({ opType: 'Constant', inputs: [], outputs: [twin], attributes }));
    this.other.set(value, twin);
    this.native.add(twin);
  }

  private convert(source: Tensor, name: string, readers: readonly Node[], replaced: boolean): Tensor {
    const { tensor, noise, clamped } = toHalf(source, name);
    this.constants.push({ name: source.name, bytes: source.byteLength, noise, clamped, replaced, readers });
    return tensor;
  }

  /** Nodes that read a constant in float16, one entry per use, and whether nobody needs it in float32. */
  private readersOf(value: Value): { readonly half: Node[]; readonly only: boolean } {
    const uses = value.uses().filter(({ node }) => this.plan.roles.get(node) !== 'none');
    const half = uses.filter(({ node, index }) => this.plan.roles.get(node) === 'half' && !isFixedInput(node, index));
    return { half: half.map(({ node }) => node), only: half.length === uses.length };
  }

  private becomeHalf(value: Value): void {
    this.native.add(value);
    this.halves.set(value.name, value);
    if (value.type?.kind === 'tensor') value.type = { ...value.type, dataType: 'float16' };
  }

  /** `value` in the wanted form: itself, or through a cast that all share. */
  private inForm(value: Value, form: Form, reader: Graph): Value {
    if (this.native.has(value) === (form === 'half')) return value;
    let cast = this.other.get(value);
    if (!cast) {
      const owner = owningGraph(value, reader);
      cast = owner.newValue(`${value.name}_${form === 'half' ? 'float16' : 'float32'}`);
      this.insertCast(value, cast, form, owner);
      this.other.set(value, cast);
      if (form === 'half') this.native.add(cast);
    }
    return cast;
  }

  /** A cast right behind where its input comes from. */
  private insertCast(from: Value, to: Value, form: Form, owner: Graph): void {
    const shape = from.type?.kind === 'tensor' ? from.type.shape : undefined;
    to.type = { kind: 'tensor', dataType: form === 'half' ? 'float16' : 'float', shape };
    const attributes = [Attribute.int('to', form === 'half' ? 10 : 1)];
    const node = new Node({ opType: 'Cast', name: `${to.name}_Cast`, inputs: [from], outputs: [to], attributes });
    const [first] = owner.nodes();
    if (from.producer?.graph === owner) owner.insertAfter(from.producer, node);
    else if (first) owner.insertBefore(first, node);
    else owner.append(node);
    this.casts++;
  }

  /** Gives a graph output the type that callers expect, under the name that they know. */
  private output(value: Value, index: number, graph: Graph, form: Form): void {
    if (!this.isFloat(value) || this.native.has(value) === (form === 'half')) return;
    const { producer, outputIndex } = value;
    if (producer?.graph !== graph) {
      graph.outputs[index] = this.inForm(value, form, graph);
      return;
    }
    // The public name goes to the cast; everybody inside who wants the native form reads the inner value.
    const inner = graph.newValue(`${value.name}_${form === 'half' ? 'float32' : 'float16'}`, value.type);
    const casted = this.other.get(value);
    producer.setOutput(outputIndex, undefined);
    producer.setOutput(outputIndex, inner);
    value.replaceUsesWith(inner);
    if (form === 'full') this.halves.set(value.name, inner);
    this.insertCast(inner, value, form, graph);
    // Readers of the other form had a cast of their own: the public value serves them as well.
    if (casted?.producer) {
      casted.replaceUsesWith(value);
      const spare = casted.producer;
      spare.graph!.remove(spare);
      this.casts--;
    }
    if (form === 'full') this.native.delete(value);
    else this.native.add(value);
    this.other.set(value, inner);
  }

  /** CastLike says its type by example: a plain Cast, or from float16 to float16 (which ONNX Runtime refuses) Identity. */
  private settleCastLike(node: Node): void {
    const [input, output] = [node.input(0), node.output(0)];
    if (!node.is('CastLike') || !input || !output) return;
    if (!this.floats.has(output) && !this.original.has(output)) return;
    const half = this.native.has(input) || this.original.has(input);
    node.opType = half ? 'Identity' : 'Cast';
    node.truncateInputs(1);
    node.attributes.clear();
    if (!half) node.setAttribute(Attribute.int('to', 10));
  }

  /** Takes out casts of the original that have become casts from float16 to float16. */
  removeIdleCasts(): void {
    for (const node of [...this.main.allNodes()]) {
      const [input, output, owner] = [node.input(0), node.output(0), node.graph];
      if (!node.is('Cast') || node.int('to') !== 10 || !input || !output || !owner) continue;
      if (owner.outputs.includes(output) || !(this.native.has(input) || this.original.has(input))) continue;
      output.replaceUsesWith(input);
      this.halves.delete(output.name);
      owner.remove(node);
    }
  }

  private isFloat(value: Value): boolean {
    return this.floats.has(value);
  }
}

/** Every value of a graph and of the bodies in it. */
function* valuesOf(graph: Graph): Generator<Value> {
  yield* graph.inputs;
  yield* graph.initializers.values();
  for (const node of graph.nodes()) {
    for (const value of [...node.inputs, ...node.outputs]) if (value) yield value;
    for (const body of node.bodies) yield* valuesOf(body);
  }
}
