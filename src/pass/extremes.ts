/**
 * Smallest and largest numbers found by the runtime. Only they come back, as one vector for all values: handing values
 * over, or hundreds of scalars, takes longer than running the model.
 */
import { Attribute } from '../graph/attribute';
import { cloneModel } from '../graph/clone';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { Node } from '../graph/node';
import { type Value } from '../graph/value';
import { inferModel } from '../operators/infer';
import { valuesOf } from './observe';

/** A model that also computes extremes of some of its values. */
export interface WithExtremes {
  readonly model: Model;
  /** Name of the vector that holds them; undefined when there is none. */
  readonly output?: string;
  /** Values whose extremes can be told from the vector. */
  readonly places: readonly Extremes[];
}

/** Where the extremes of a value come from: from numbers of its own, or from those of the values that it joins. */
export interface Extremes {
  readonly name: string;
  readonly from: Place | readonly Extremes[];
}

/** Where in the vector the numbers of a value are: its largest, its sum (NaN may hide from the extremes), its smallest. */
interface Place {
  readonly group: Group;
  readonly index: number;
  /** False where it is not asked for: a range reaches down to 0 anyway, and the value is never below. */
  readonly least: boolean;
}

/** Numbers that lie side by side in the vector. */
interface Group {
  readonly numbers: Value[];
  start: number;
}

/** The smallest and the largest number of a value; undefined where it holds infinities or NaN. */
export function extremesIn(vector: Float32Array, { from }: Extremes): Float32Array | undefined {
  if (!('group' in from)) return widest(from.map((part) => extremesIn(vector, part)));
  const at = from.group.start + from.index;
  const [max, sum, min] = [vector[at]!, vector[at + 1]!, from.least ? vector[at + 2]! : 0];
  return Number.isFinite(max) && Number.isFinite(sum) && Number.isFinite(min) ? Float32Array.of(min, max) : undefined;
}

function widest(ranges: readonly (Float32Array | undefined)[]): Float32Array | undefined {
  const widest = Float32Array.of(Infinity, -Infinity);
  for (const range of ranges) {
    if (!range) return undefined;
    widest.set([Math.min(widest[0]!, range[0]!), Math.max(widest[1]!, range[1]!)]);
  }
  return widest;
}

/**
 * Adds reductions over all axes for each of `names` that holds float32; the others have none, and what only joins some
 * of them needs none. Of values that are never below 0 the smallest number is not asked for.
 */
export function withExtremes(
  model: Model,
  names: readonly string[],
  neverBelow0: ReadonlySet<string> = new Set(),
): WithExtremes {
  const copy = cloneModel(model);
  const values = valuesOf(copy);
  const inference = inferModel(copy);
  const reductions = new Reductions(copy.graph);
  const found = new Map<string, Extremes>();
  for (const name of names) {
    const value = values.get(name);
    const type = value && inference.typeOf(value);
    if (!value || type?.kind !== 'tensor' || type.dataType !== 'float') continue;
    const joined = value.producer?.is('Concat') ? value.producer.inputs.map((part) => found.get(part!.name)) : [];
    const from =
      joined.length > 0 && joined.every((part) => part !== undefined)
        ? joined
        : reductions.add(value, inference.shapeOf(value)?.length ?? 0, !neverBelow0.has(name));
    found.set(name, { name, from });
  }
  return { model: copy, output: reductions.finish()?.name, places: [...found.values()] };
}

/** Nodes that reduce values to numbers, and join these to a vector. */
class Reductions {
  /** By rank: reductions keep it, and what differs in it cannot be joined. */
  private readonly groups = new Map<number, Group>();

  constructor(private readonly graph: Graph) {}

  /** Where the numbers of a value will be; rank 0 stands for an unknown one too. */
  add(value: Value, rank: number, least: boolean): Place {
    const group = this.groups.get(rank) ?? { numbers: [], start: 0 };
    this.groups.set(rank, group);
    const index = group.numbers.length;
    // Convolutions leave channels in blocks that only poolings read as they are; there is none for the smallest number.
    const pooled = rank === 4 && !least;
    const source = (kind: string): Value => (pooled ? this.append(`Global${kind}Pool`, [value]) : value);
    group.numbers.push(this.reduce('Max', source('Max'), rank), this.reduce('Sum', source('Average'), rank));
    if (least) group.numbers.push(this.reduce('Min', value, rank));
    return { group, index, least };
  }

  /** Joins all numbers; undefined when there are none. */
  finish(): Value | undefined {
    const columns: Value[] = [];
    let start = 0;
    for (const group of this.groups.values()) {
      group.start = start;
      start += group.numbers.length;
      columns.push(this.append('Flatten', [this.append('Concat', group.numbers, { axis: 0 })], { axis: 1 }));
    }
    return columns.length > 0 ? this.append('Concat', columns, { axis: 0 }) : undefined;
  }

  private reduce(kind: string, value: Value, rank: number): Value {
    if (rank > 0) return this.append(`Reduce${kind}`, [value]);
    // Concat takes no scalars.
    return this.append('Flatten', [this.append(`Reduce${kind}`, [value], { keepdims: 0 })], { axis: 0 });
  }

  private append(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, number>> = {}): Value {
    const output = this.graph.newValue(`extremes_${opType}`);
    const node = new Node({ opType, inputs, outputs: [output] });
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(Attribute.int(name, value));
    this.graph.append(node);
    return output;
  }
}
