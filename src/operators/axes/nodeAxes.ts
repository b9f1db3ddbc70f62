/** The view of one node that its axis rule works with. */
import { type Node } from '../../graph/node';
import { type Shape } from '../../graph/shape';
import { type Value } from '../../graph/value';
import { RuleError } from '../dims';
import { type ChannelIds, type ChannelKind, type Frozen } from './channelIds';
import { type AxisLabel, computed, denseIds, type Label, plainLabel, sameStructure, sizeOfLabel } from './label';
import { type Sizes } from './sizes';

/** What a node's view needs of the walk around it. */
export interface AxesHost {
  readonly ids: ChannelIds;
  labelsOf(value: Value): readonly AxisLabel[];
  setLabels(value: Value, labels: readonly AxisLabel[]): void;
  /** Dimensions as numbers: symbols have made-up ones, unknown dimensions are NaN. */
  dimsOf(value: Value): readonly number[] | undefined;
  shapeOf(value: Value): Shape | undefined;
  numbersOf(value: Value): number[] | undefined;
  /** Which axes the elements of a small integer tensor are the lengths of. */
  sizesOf(value: Value): Sizes | undefined;
  /** Why axes of the value that carry no channels cannot shrink, as a sentence about channels that meet them. */
  fixedReason(value: Value): string;
}

/** Reads labels of inputs, ties them together, and labels outputs. */
export class NodeAxes {
  constructor(
    private readonly host: AxesHost,
    readonly node: Node,
    readonly opset: number,
  ) {}

  get ids(): ChannelIds {
    return this.host.ids;
  }

  /** True when the node has an input there. */
  has(index: number): boolean {
    return this.node.input(index) !== undefined;
  }

  /** Dimensions of input `index`; throws where even the rank is unknown, so that the node's channels stay. */
  dims(index: number): readonly number[] {
    const value = this.node.input(index);
    const dims = value && this.host.dimsOf(value);
    if (!dims) throw new RuleError(`the shape of ${value ? `"${value.name}"` : `input ${index}`} is not known`);
    return dims;
  }

  /** Dimensions of output `index`; throws where even the rank is unknown. */
  outDims(index: number): readonly number[] {
    const value = this.node.output(index);
    const dims = value && this.host.dimsOf(value);
    if (!dims) throw new RuleError(`the shape of ${value ? `"${value.name}"` : `output ${index}`} is not known`);
    return dims;
  }

  /** Dimensions of any value. */
  dimsOf(value: Value): readonly number[] | undefined {
    return this.host.dimsOf(value);
  }

  /** Shape of input `index` with its symbols. */
  shape(index: number): Shape | undefined {
    const value = this.node.input(index);
    return value && this.host.shapeOf(value);
  }

  /** Shape of output `index` with its symbols. */
  outShape(index: number): Shape | undefined {
    const value = this.node.output(index);
    return value && this.host.shapeOf(value);
  }

  /** Elements of a small constant input. */
  numbers(index: number): number[] | undefined {
    const value = this.node.input(index);
    return value && this.host.numbersOf(value);
  }

  /** Labels of input `index`, one for each axis. */
  labels(index: number): readonly AxisLabel[] {
    const value = this.node.input(index);
    return value ? this.host.labelsOf(value) : [];
  }

  /** Label of one axis of an input; negative axes count from the end. */
  label(index: number, axis: number): AxisLabel {
    return this.labels(index).at(axis);
  }

  /** Labels of an output that was set. */
  outLabels(index: number): readonly AxisLabel[] {
    const value = this.node.output(index);
    return value ? this.host.labelsOf(value) : [];
  }

  /** Says which channels lie along the axes of output `index`. */
  set(index: number, labels: readonly AxisLabel[]): void {
    const value = this.node.output(index);
    if (value) this.host.setLabels(value, labels);
  }

  /** New channels. */
  fresh(count: number, kind?: ChannelKind): Label {
    const label = plainLabel(this.ids.allocate(count));
    if (kind) for (const id of label.ids) this.ids.mark(id, kind);
    return label;
  }

  /** Keeps the channels of a label in the model. */
  freeze(label: AxisLabel, reason: string, inexact = false): void {
    if (!label) return;
    const frozen: Frozen = { reason, inexact };
    for (const id of label.ids) this.ids.freeze(id, frozen);
  }

  /** Ties two axes element by element; where one cannot shrink, the other stays as it is. */
  tie(a: AxisLabel, b: AxisLabel, fixed: Value | undefined = undefined): AxisLabel {
    if (!a || !b) {
      this.freeze(a ?? b, fixed ? this.host.fixedReason(fixed) : 'They meet an axis that cannot shrink.');
      return a ?? b;
    }
    if (sizeOfLabel(a) !== sizeOfLabel(b)) {
      for (const label of [a, b]) this.freeze(label, `Axes of different lengths meet at ${this.node.label}.`);
      return a;
    }
    if (sameStructure(a, b)) this.tieIds(a.ids, b.ids);
    else {
      const [left, right] = [denseIds(a), denseIds(b)];
      if (left && right) this.tieIds(left, right);
      else for (const label of [a, b]) this.freeze(label, `They are too many to follow at ${this.node.label}.`);
    }
    return a.ids.length <= b.ids.length ? a : b;
  }

  /** Ties an axis of an input to a label that was made from another. */
  tieTo(label: AxisLabel, index: number, axis: number): AxisLabel {
    return this.has(index) ? this.tie(label, this.label(index, axis), this.node.input(index)) : label;
  }

  /** The axis makes channels: rows of a weight, a bias. What is set to zero there is zero from here on. */
  produce(label: AxisLabel): AxisLabel {
    label?.slots?.forEach((slot) => slot.produces.add(this.node));
    return computed(label, label?.zero ?? false);
  }

  /** The axis reads channels: columns of a weight. */
  consume(label: AxisLabel): void {
    label?.slots?.forEach((slot) => slot.consumes.add(this.node));
  }

  /** What is known of the lengths that elements of an integer input stand for. */
  sizes(index: number): Sizes | undefined {
    const value = this.node.input(index);
    return value && this.host.sizesOf(value);
  }

  /** Sums over two axes: their elements belong together, and one that is removed must add nothing. */
  contract(left: readonly [index: number, axis: number], right: readonly [index: number, axis: number]): void {
    const [a, b] = [this.label(...left), this.label(...right)];
    this.consume(a);
    this.consume(b);
    const tied = this.tie(a, b, this.node.input(a ? right[0] : left[0]));
    const zero = [a, b].some((label) => label !== undefined && !label.slots && label.zero);
    if (!zero && !(a?.slots && b?.slots)) this.freeze(tied, this.notZero(), true);
  }

  /** The sentence for channels that are not zero where they are summed, though nothing feeds them any more. */
  notZero(): string {
    return `${this.node.label} would still see a constant where such a channel was: an activation before it maps zero to something else.`;
  }

  private tieIds(a: Int32Array, b: Int32Array): void {
    for (let i = 0; i < a.length; i++) this.ids.union(a[i]!, b[i]!);
  }
}
