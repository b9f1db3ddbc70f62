/**
 * Walks a model and finds out which channels of which tensors belong together. Linear in the number of nodes and in the
 * lengths of the axes; weights are not read.
 */
import { bitsOf, type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Shape } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { toNumbers } from '../../numerics/elements';
import { concreteElements } from '../contents';
import { RuleError } from '../dims';
import { type Inference, inferModel } from '../infer';
import { ChannelIds } from './channelIds';
import { type AxisLabel, plainLabel, type Slot } from './label';
import { type AxesHost, NodeAxes } from './nodeAxes';
import { ProbeSizes } from './probeSizes';
import { axisRuleOf } from './registry';
import { relateSizes, type Sizes } from './sizes';

/** Integer constants up to this size are read where a rule asks: pads, permutations, indices. */
const MAX_NUMBERS = 1 << 16;

/** Types of shapes, positions and conditions: never of weights, quantized ones and their biases included. */
const indexTypes: ReadonlySet<DataType> = new Set(['int64', 'uint64', 'uint32', 'bool']);

/** Channels of a model, axis by axis. */
export class AxisWalk implements AxesHost {
  readonly ids = new ChannelIds();
  /** Every constant axis that was met. */
  readonly slots: Slot[] = [];
  /** Labels of values that have any. */
  readonly labels = new Map<Value, readonly AxisLabel[]>();
  readonly inference: Inference;

  private readonly sizes = new Map<Value, Sizes>();
  private readonly reasons = new Map<Value, string>();
  private readonly probe = new ProbeSizes();
  private readonly opsets: ReadonlyMap<string, number>;

  constructor(model: Model) {
    this.inference = inferModel(model);
    this.opsets = model.opsets;
    for (const input of model.graph.inputs) {
      if (!input.constant) this.reasons.set(input, `They meet "${input.name}", an input of the model.`);
    }
    this.walk(model.graph);
    for (const output of model.graph.outputs) this.freezeAll(output, `They leave the model as "${output.name}".`);
  }

  labelsOf(value: Value): readonly AxisLabel[] {
    const known = this.labels.get(value);
    if (known) return known;
    const constant = constantOf(value);
    const labels = constant ? this.slotsOf(value, constant) : (this.dimsOf(value) ?? []).map(() => undefined);
    if (constant) this.labels.set(value, labels);
    return labels;
  }

  setLabels(value: Value, labels: readonly AxisLabel[]): void {
    this.labels.set(value, labels);
  }

  dimsOf(value: Value): readonly number[] | undefined {
    return this.probe.dimsOf(this.inference.shapeOf(value));
  }

  shapeOf(value: Value): Shape | undefined {
    return this.inference.shapeOf(value);
  }

  numbersOf(value: Value): number[] | undefined {
    const tensor = constantOf(value);
    if (!tensor || tensor.data.kind === 'strings') return concreteElements(this.inference.contentsOf(value));
    return tensor.size > MAX_NUMBERS ? undefined : toNumbers(tensor.dataType, tensor.bytes(), tensor.size);
  }

  sizesOf(value: Value): Sizes | undefined {
    return this.sizes.get(value);
  }

  fixedReason(value: Value): string {
    return this.reasons.get(value) ?? `They meet an axis of "${value.name}" that cannot shrink.`;
  }

  /** The view of a node that rules work with. */
  axesOf(node: Node): NodeAxes {
    return new NodeAxes(this, node, this.opsets.get(node.domain) ?? 1);
  }

  private walk(graph: Graph): void {
    for (const node of graph.nodes()) this.visit(node);
  }

  private visit(node: Node): void {
    if (node.bodies.length > 0) this.visitBodies(node);
    const rule = axisRuleOf(node.domain, node.opType);
    const axes = this.axesOf(node);
    try {
      if (node.output(0)) {
        const sizes = relateSizes(axes);
        if (sizes) this.sizes.set(node.output(0)!, sizes);
      }
      if (rule) rule.relate(axes);
      else
        this.giveUp(
          node,
          `${node.label} reads them, and nothing is known of how ${node.qualifiedOpType} uses its axes.`,
        );
    } catch (thrown) {
      if (!(thrown instanceof RuleError)) throw thrown;
      this.giveUp(node, `${node.label} reads them, but ${thrown.message}.`);
    }
  }

  /** Bodies see outer channels; what goes in and out through the node itself stays. */
  private visitBodies(node: Node): void {
    for (const body of node.bodies) {
      for (const input of body.inputs)
        this.reasons.set(input, `They meet "${input.name}", an input of a body of ${node.label}.`);
      this.walk(body);
      for (const output of body.outputs)
        this.freezeAll(output, `They leave a body of ${node.label} as "${output.name}".`);
    }
  }

  private giveUp(node: Node, reason: string): void {
    for (const input of node.inputs) if (input) this.freezeAll(input, reason);
    for (const output of node.outputs) {
      if (!output) continue;
      this.labels.delete(output);
      this.reasons.set(output, `They meet "${output.name}", whose axes cannot be followed through ${node.label}.`);
    }
  }

  private freezeAll(value: Value, reason: string): void {
    for (const label of this.labelsOf(value)) {
      for (const id of label?.ids ?? []) this.ids.freeze(id, { reason, inexact: false });
    }
  }

  private slotsOf(value: Value, { shape, dataType, data }: Tensor): AxisLabel[] {
    // Elements that share bytes cannot be taken apart by copying bytes; shapes and indices are no weights.
    const divisible = data.kind !== 'strings' && bitsOf(dataType) >= 8 && !indexTypes.has(dataType);
    return shape.map((size, axis) => {
      if (!divisible || size <= 1) return undefined;
      const slot: Slot = { value, axis, ids: this.ids.allocate(size), produces: new Set(), consumes: new Set() };
      this.slots.push(slot);
      return { ...plainLabel(slot.ids), slots: [slot] };
    });
  }
}

/** The dense tensor of an initializer or a Constant node. */
export function constantOf(value: Value): Tensor | undefined {
  if (value.producer) return value.producer.is('Constant') ? value.producer.tensor('value') : undefined;
  return value.constant;
}
