/**
 * Smallest and largest numbers found by the runtime. Only they come back, as one vector for all values: handing values
 * over, or hundreds of scalars, takes longer than running the model.
 */
import { Attribute } from '../graph/attribute';
import { cloneModel } from '../graph/clone';
import { type Model } from '../graph/model';
import { Node } from '../graph/node';
import { Value } from '../graph/value';
import { inferModel } from '../operators/infer';
import { valuesOf } from './observe';

/** A model that also computes extremes of some of its values. */
export interface WithExtremes {
  readonly model: Model;
  /** Name of the vector that holds them; undefined when there is none. */
  readonly output?: string;
  /** Values in the order of the vector. */
  readonly places: readonly Extremes[];
}

/** Where the numbers of a value are: its largest, its sum (NaN may hide from the extremes), its smallest. */
export interface Extremes {
  readonly name: string;
  readonly at: number;
  /** False where it is not asked for: a range reaches down to 0 anyway, and the value is never below. */
  readonly least: boolean;
}

/** The smallest and the largest number of a value; undefined where it holds infinities or NaN. */
export function extremesIn(vector: Float32Array, { at, least }: Extremes): Float32Array | undefined {
  const [max, sum, min] = [vector[at]!, vector[at + 1]!, least ? vector[at + 2]! : 0];
  return Number.isFinite(max) && Number.isFinite(sum) && Number.isFinite(min) ? Float32Array.of(min, max) : undefined;
}

/**
 * Adds reductions over all axes for each of `names` that holds float32; the others have none. Of values that are never
 * below 0 the smallest number is not asked for.
 */
export function withExtremes(
  model: Model,
  names: readonly string[],
  neverBelow0: ReadonlySet<string> = new Set(),
): WithExtremes {
  const copy = cloneModel(model);
  const { graph } = copy;
  const values = valuesOf(copy);
  const inference = inferModel(copy);
  const numbers: Value[] = [];
  const reduce = (kind: string, value: Value): void => {
    const [scalar, number] = ['', '_1'].map((suffix) => new Value(graph.uniqueName(`${value.name}_${kind}${suffix}`)));
    const reduction = new Node({ opType: `Reduce${kind}`, inputs: [value], outputs: [scalar] });
    reduction.setAttribute(Attribute.int('keepdims', 0));
    // Concat takes no scalars.
    const flatten = new Node({ opType: 'Flatten', inputs: [scalar], outputs: [number] });
    flatten.setAttribute(Attribute.int('axis', 0));
    graph.append(reduction);
    graph.append(flatten);
    numbers.push(number!);
  };
  const places: Extremes[] = [];
  for (const name of names) {
    const value = values.get(name);
    const type = value && inference.typeOf(value);
    if (!value || type?.kind !== 'tensor' || type.dataType !== 'float') continue;
    const least = !neverBelow0.has(name);
    places.push({ name, at: numbers.length, least });
    for (const kind of ['Max', 'Sum', ...(least ? ['Min'] : [])]) reduce(kind, value);
  }
  if (numbers.length === 0) return { model: copy, places };
  const output = new Value(graph.uniqueName('extremes'));
  const concat = new Node({ opType: 'Concat', inputs: numbers, outputs: [output] });
  concat.setAttribute(Attribute.int('axis', 0));
  graph.append(concat);
  return { model: copy, output: output.name, places };
}
