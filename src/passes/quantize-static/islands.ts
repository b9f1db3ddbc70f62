/** Groups of units that hand codes to each other: what lies between two conversions pays, or does not, as a whole. */
import { type Value } from '../../graph/value';
import { type Selection } from './select';
import { type Unit } from './units';

/** Units that codes connect, and the values that are converted where the island begins and ends. */
export interface Island {
  readonly units: readonly Unit[];
  /** Values that come in float and are quantized for it. */
  readonly enter: readonly Value[];
  /** Values that it gives as codes. */
  readonly leave: readonly Value[];
}

/** The islands of a selection, in the order of the graph. */
export function islandsOf({ active, produced, consumed }: Selection): Island[] {
  const makers = new Map<Value, Unit>();
  for (const unit of active) for (const output of unit.outputs) if (produced.has(output)) makers.set(output, unit);
  const parents = new Map<Unit, Unit>();
  const root = (unit: Unit): Unit => {
    let top = unit;
    for (let next = parents.get(top); next; next = parents.get(top)) top = next;
    return top;
  };
  const inputsOf = ({ node, data }: Unit): Value[] => data.map((index) => node.input(index)!);
  for (const unit of active) {
    for (const value of inputsOf(unit)) {
      const maker = makers.get(value);
      if (maker && root(maker) !== root(unit)) parents.set(root(unit), root(maker));
    }
  }
  const groups = new Map<Unit, Unit[]>();
  for (const unit of active) groups.set(root(unit), [...(groups.get(root(unit)) ?? []), unit]);
  return [...groups.values()].map((units) => ({
    units,
    enter: [...new Set(units.flatMap(inputsOf))].filter((value) => consumed.has(value) && !makers.has(value)),
    leave: units.flatMap(({ outputs }) => outputs.filter((value) => produced.has(value))),
  }));
}
