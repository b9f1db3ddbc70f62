/**
 * Follows channels from the layers that make them to the layers that read them, through operators for which scaling a
 * channel by a positive number before is the same as after. Whatever is on no such way stays as it is, with a reason.
 */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Shape } from '../../graph/shape';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { biasOf } from './bias';
import { ChannelClasses } from './classes';
import { type Layer, layerOf } from './layer';
import { ruleOf } from './rules';
import { type Carried } from './views';

/** One side of a layer: channel i is of class `ids[i]`. */
export interface Side {
  readonly layer: Layer;
  readonly ids: Int32Array;
  /** What the layer reads, or makes. */
  readonly value: Value;
  /** The axis of `value` that the channels are on. */
  readonly axis: number;
}

/** A constant that scales or shifts channels: a norm's scale and shift, what is added to a value. */
export interface Operand {
  readonly node: Node;
  readonly index: number;
  readonly ids: Int32Array;
  /** Axis of the channels in the constant as it is broadcast, from the end: -1 is the last. */
  readonly axis: number;
}

/** Everything there is to know before channels are scaled. */
export interface Trace {
  readonly classes: ChannelClasses;
  readonly producers: readonly Side[];
  readonly consumers: readonly Side[];
  /** Scales and shifts of norms, and constant factors: what makes channels without being a layer. */
  readonly norms: readonly Operand[];
  /** Constants that are added on the way. */
  readonly addends: readonly Operand[];
  /** ReLU6 and the like that were taken for Relu, with their channels. */
  readonly clips: readonly { readonly node: Node; readonly ids: Int32Array }[];
}

/** How to trace. */
export interface TraceOptions {
  readonly inference: Inference;
  /** Clips to [0, c] that may be taken for Relu; the others stop the way. */
  readonly openClips?: ReadonlySet<Node>;
}

/** Follows the channels of one graph of `model`. */
export function traceChannels(model: Model, graph: Graph, options: TraceOptions): Trace {
  const tracer = new Tracer(model, graph, options);
  for (const node of graph.nodes()) tracer.visit(node);
  return tracer;
}

/** The state of a trace; rules (rules.ts) work on it. */
export class Tracer implements Trace {
  readonly classes = new ChannelClasses();
  readonly producers: Side[] = [];
  readonly consumers: Side[] = [];
  readonly norms: Operand[] = [];
  readonly addends: Operand[] = [];
  readonly clips: { readonly node: Node; readonly ids: Int32Array }[] = [];
  private readonly known = new Map<Value, Carried>();
  private readonly outputs: ReadonlySet<Value>;

  constructor(
    readonly model: Model,
    private readonly graph: Graph,
    private readonly options: TraceOptions,
  ) {
    this.outputs = new Set(graph.outputs);
  }

  /** Opset of ai.onnx. */
  get opset(): number {
    return this.model.opset;
  }

  visit(node: Node): void {
    const layer = layerOf(node, this.opset);
    if (layer) this.visitLayer(layer);
    else if (!ruleOf(node)?.(this, node)) this.stop(node);
  }

  carried(value: Value | undefined): Carried | undefined {
    return value && this.known.get(value);
  }

  shape(value: Value | undefined): Shape | undefined {
    return value && this.options.inference.shapeOf(value);
  }

  isOpen(node: Node): boolean {
    return this.options.openClips?.has(node) ?? false;
  }

  /** Says where the channels of an output are; one that leaves the graph must stay as it is. */
  carry(value: Value | undefined, carried: Carried): true {
    if (!value) return true;
    this.known.set(value, carried);
    if (this.outputs.has(value)) this.freeze(carried, value.producer!, `"${value.name}" is an output of the graph`);
    const inside = value.consumers().find((node) => node.graph !== this.graph);
    if (inside) this.freeze(carried, inside, `${inside.label} reads it from inside a body`);
    return true;
  }

  freeze({ ids }: Pick<Carried, 'ids'>, node: Node, reason: string): void {
    this.classes.freeze(ids, { node: node.label, reason });
  }

  /** What the node reads stays as it is. */
  stop(node: Node, reason = `${node.label} (${node.opType}) is not the same for scaled channels`): void {
    for (const input of node.inputs) {
      const carried = this.carried(input);
      if (carried) this.freeze(carried, node, reason);
    }
  }

  private visitLayer(layer: Layer): void {
    const { node, weight } = layer;
    const [input, output] = [node.input(0), node.output(0)];
    const axis = this.axisOf(layer, input);
    const carried = this.carried(input);
    const fits = carried && carried.axis === axis && carried.ids.length === layer.inputs;
    const shared = `the weight of ${node.label} is shared`;
    if (carried && input) {
      this.consumers.push({ layer, ids: fits ? carried.ids : new Int32Array(0), value: input, axis: carried.axis });
      if (!fits) this.stop(node, `${node.label} reads its channels along another axis`);
      else if (weight.shared) this.stop(node, shared);
    }
    // A bias that is computed from channels would have to be scaled as well.
    for (const other of node.inputs.slice(1)) {
      const side = this.carried(other);
      if (side) this.freeze(side, node, `${node.label} reads it as its bias`);
    }
    const rank = layer.channelAxis === 1 ? weight.shape.length : this.shape(input)?.length;
    if (!output || rank === undefined) return;
    const ids = this.classes.fresh(layer.outputs);
    const outputAxis = layer.channelAxis === 1 ? 1 : rank - 1;
    this.producers.push({ layer, ids, value: output, axis: outputAxis });
    if (weight.shared) this.freeze({ ids }, node, shared);
    if (!biasOf(layer))
      this.freeze({ ids }, node, `the bias of ${node.label} is no float constant of one number a channel`);
    this.carry(output, { axis: outputAxis, rank, ids });
  }

  private axisOf({ channelAxis }: Layer, input: Value | undefined): number | undefined {
    if (channelAxis === 1) return 1;
    const rank = this.carried(input)?.rank ?? this.shape(input)?.length;
    return rank === undefined ? undefined : rank - 1;
  }
}
