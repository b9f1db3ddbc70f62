/** Smallest and largest numbers found by the runtime: only three numbers of each value come back, not the value. */
import { Attribute } from '../../graph/attribute';
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { Value } from '../../graph/value';
import { inferModel } from '../../operators/infer';
import { valuesOf } from '../../pass/observe';

/** A model that also computes extremes of some of its values. */
export interface WithExtremes {
  readonly model: Model;
  /** Names of the smallest number, the largest number and the sum of each value: NaN may hide from the first two. */
  readonly extremes: ReadonlyMap<string, readonly string[]>;
}

/** Adds reductions over all axes for each of `names` that holds float32; the others have none. */
export function withExtremes(model: Model, names: readonly string[]): WithExtremes {
  const copy = cloneModel(model);
  const values = valuesOf(copy);
  const inference = inferModel(copy);
  const extremes = new Map<string, readonly string[]>();
  for (const name of names) {
    const value = values.get(name);
    const type = value && inference.typeOf(value);
    if (!value || type?.kind !== 'tensor' || type.dataType !== 'float') continue;
    const reduced = ['Min', 'Max', 'Sum'].map((kind) => {
      const output = new Value(copy.graph.uniqueName(`${name}_${kind}`));
      const node = new Node({ opType: `Reduce${kind}`, inputs: [value], outputs: [output] });
      node.setAttribute(Attribute.int('keepdims', 0));
      copy.graph.append(node);
      return output.name;
    });
    extremes.set(name, reduced);
  }
  return { model: copy, extremes };
}
