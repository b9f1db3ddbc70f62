/** The view of one node that adapts it to the channels that are left. Dimensions and labels are those from before. */
import { Attribute } from '../../graph/attribute';
import { Node } from '../../graph/node';
import { type Dim, sameDim, type Shape, tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';
import { type AxisLabel } from './label';
import { type NodeAxes } from './nodeAxes';

/** Which elements along an axis stay; undefined: all of them. */
export type KeptOf = (label: AxisLabel) => Int32Array | undefined;

/** Edits one node; the graph it is in is a copy that belongs to the caller. */
export class Shrinking {
  constructor(
    readonly axes: NodeAxes,
    private readonly keptOf: KeptOf,
    private readonly outputShape: (index: number) => Shape | undefined,
  ) {}

  get node(): Node {
    return this.axes.node;
  }

  get opset(): number {
    return this.axes.opset;
  }

  /** Dimensions of an input before. */
  dims(index: number): readonly number[] {
    return this.axes.dims(index);
  }

  /** Elements that stay along an axis of an input. */
  keptAlong(index: number, axis: number): number {
    return this.keptOf(this.axes.label(index, axis))?.length ?? this.axes.dims(index).at(axis)!;
  }

  /** Elements that stay along an axis of an output. */
  keptOut(index: number, axis: number): number {
    return this.keptOf(this.axes.outLabels(index)[axis])?.length ?? this.axes.outDims(index)[axis]!;
  }

  /** How many of the first `position` elements along an axis of an input stay. */
  keptBefore(index: number, axis: number, position: number): number {
    return countBelow(this.keptOf(this.axes.label(index, axis)), position);
  }

  /** The same along an axis of an output. */
  keptOutBefore(index: number, axis: number, position: number): number {
    return countBelow(this.keptOf(this.axes.outLabels(index)[axis]), position);
  }

  /** Old positions of the elements that stay along an axis of an output. */
  keptOutPositions(index: number, axis: number): number[] {
    const kept = this.keptOf(this.axes.outLabels(index)[axis]);
    return kept ? [...kept] : Array.from({ length: this.axes.outDims(index)[axis]! }, (_, at) => at);
  }

  /** True when an axis of an input shrinks. */
  changes(index: number, axis: number): boolean {
    return this.keptOf(this.axes.label(index, axis)) !== undefined;
  }

  /** True when any axis of an input shrinks. */
  changesAny(index: number): boolean {
    return this.axes.labels(index).some((label) => this.keptOf(label) !== undefined);
  }

  /** True when an axis of an output shrinks. */
  changesOut(index: number, axis: number): boolean {
    return this.keptOf(this.axes.outLabels(index)[axis]) !== undefined;
  }

  /** Gives an input whole numbers of its own; others may share the constant that it had. */
  setInput(index: number, numbers: readonly number[]): void {
    this.node.setInput(index, this.constant('int64', numbers, `${this.node.label}_${index}`));
  }

  /** Leaves an optional input out. */
  dropInput(index: number): void {
    if (this.node.input(index)) this.node.setInput(index, undefined);
  }

  /**
   * Makes input `index`, the shape that output `output` is to have, say what is left. A shape that the graph calculates
   * is replaced by numbers where its dynamic dimensions allow (-1, 0), else overridden place by place.
   */
  setShape(index: number, output: number): void {
    const shape = this.outputShape(output);
    if (!shape || !shape.some((_, axis) => this.changesOut(output, axis))) return;
    const inAttribute = this.node.ints('shape');
    const given = inAttribute ?? this.axes.numbers(index);
    const reshape = this.node.opType === 'Reshape';
    if (given) {
      const missing = shape.length - given.length;
      const numbers = given.map((number, at) => {
        const literal = reshape ? number > 0 : number > 1;
        return literal && this.changesOut(output, at + missing) ? this.keptOut(output, at + missing) : number;
      });
      if (inAttribute) this.node.setAttribute(Attribute.ints('shape', numbers));
      else this.setInput(index, numbers);
      return;
    }
    const numbers = this.numbersFor(shape, output, reshape);
    if (!numbers) {
      this.override(index, shape, output);
      return;
    }
    this.setInput(index, numbers);
    if (numbers.includes(0) && this.node.int('allowzero', 0) !== 0) {
      this.node.setAttribute(Attribute.int('allowzero', 0));
    }
  }

  /** A target shape in plain numbers, 0 for a copy; undefined when it has dynamic dimensions that none can stand for. */
  private numbersFor(shape: Shape, output: number, reshape: boolean): number[] | undefined {
    const numbers = shape.map((dim, axis) => {
      if (typeof dim !== 'number') return undefined;
      return this.changesOut(output, axis) ? this.keptOut(output, axis) : dim;
    });
    const input = this.axes.shape(0);
    const copies = reshape && !shape.includes(0);
    if (numbers.filter((number) => number === undefined).length > 1) {
      numbers.forEach((number, axis) => {
        const same = input?.[axis] !== undefined && sameDim(shape[axis]!, input[axis]);
        if (number === undefined && copies && same) numbers[axis] = 0;
      });
    }
    const open = numbers.filter((number) => number === undefined).length;
    if (open > (reshape ? 1 : 0)) return undefined;
    return numbers.map((number) => number ?? -1);
  }

  private override(index: number, shape: readonly Dim[], output: number): void {
    const { node } = this;
    const { graph } = node;
    const target = node.input(index);
    if (!graph || !target) return;
    const changed = shape.map((_, axis) => this.changesOut(output, axis));
    const mask = this.constant('bool', changed.map(Number), `${node.label}_shrinks`);
    const sizes = shape.map((_, axis) => (changed[axis] ? this.keptOut(output, axis) : 1));
    const literal = this.constant('int64', sizes, `${node.label}_sizes`);
    const result = graph.newValue(`${node.label}_shape`, tensorType('int64', [shape.length]));
    const name = graph.uniqueName(`${node.label}_Where`);
    graph.insertBefore(node, new Node({ opType: 'Where', name, inputs: [mask, literal, target], outputs: [result] }));
    node.setInput(index, result);
  }

  private constant(dataType: 'int64' | 'bool', numbers: readonly number[], name: string): Value {
    const { graph } = this.node;
    return graph!.addInitializer(
      Tensor.ofBytes(graph!.uniqueName(name), dataType, [numbers.length], fromNumbers(dataType, numbers)),
    );
  }
}

function countBelow(kept: Int32Array | undefined, position: number): number {
  if (!kept) return position;
  let count = 0;
  while (count < kept.length && kept[count]! < position) count++;
  return count;
}
