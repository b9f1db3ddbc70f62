/** Scales and zero points as a file holds them. */
import { type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';
import { type Group } from './parameters';
import { type ActivationType } from './settings';

/** Adds an initializer under that name, or one like it where that is taken. */
export function addInitializer(graph: Graph, tensor: Tensor): Value {
  return graph.addInitializer(tensor.with({ name: graph.uniqueName(tensor.name) }));
}

/** Adds numbers as an initializer. */
export function addNumbers(
  graph: Graph,
  name: string,
  type: DataType,
  shape: readonly number[],
  numbers: ArrayLike<number>,
): Value {
  return addInitializer(graph, Tensor.ofBytes(name, type, shape, fromNumbers(type, numbers)));
}

/**
 * Parameters of one model, in its outermost graph, where bodies can read them too. Values that a Relu gives all have the
 * zero point 0: each zero point is stored once, for all that have it.
 */
export class StoredParameters {
  private readonly known = new Map<Group, readonly [scale: Value, zeroPoint: Value]>();
  private readonly zeros = new Map<string, Value>();

  constructor(
    private readonly graph: Graph,
    private readonly activation: ActivationType,
  ) {}

  /** Scale and zero point of a group of values. */
  of(group: Group): readonly [scale: Value, zeroPoint: Value] {
    let values = this.known.get(group);
    if (!values) {
      const { scale, zeroPoint } = group.parameters;
      values = [
        addNumbers(this.graph, `${group.name}_scale`, 'float', [], [scale]),
        this.zeroPoint(this.activation, zeroPoint),
      ];
      this.known.set(group, values);
    }
    return values;
  }

  /** A zero point of one value, or the same for each of so many channels. */
  zeroPoint(type: DataType, zero: number, channels?: number): Value {
    const name = channels === undefined ? `zero_point_${zero}` : `zero_point_${zero}_of_${channels}`;
    const key = `${type} ${name}`;
    let value = this.zeros.get(key);
    if (!value) {
      const numbers = new Array<number>(channels ?? 1).fill(zero);
      value = addNumbers(this.graph, name, type, channels === undefined ? [] : [channels], numbers);
      this.zeros.set(key, value);
    }
    return value;
  }
}
