/** Scales and zero points of activations: one for each group of values that share them. */
import { type Value } from '../../graph/value';
import { type RealRange } from '../../numerics/calibration';
import { type QuantizationParameters, quantizationParameters } from '../../numerics/quantize';
import { rangeThatMatters } from './saturating';
import { type Selection } from './select';
import { type Formats } from './settings';
import { type Unit } from './units';

/** Ranges by name of the value. */
export type Ranges = ReadonlyMap<string, RealRange>;

/** Values that have one scale and zero point. */
export interface Group {
  /** The value that the scale is named after. */
  readonly name: string;
  readonly parameters: QuantizationParameters;
  /** What codes can stand for. */
  readonly reals: RealRange;
}

interface Members {
  readonly name: string;
  min: number;
  max: number;
  /** What the Relu or Clip of every member lets through. */
  low: number;
  high: number;
}

/** Groups of values that the selected units give or read; looked up by value. */
export function groupsOf(selection: Selection, ranges: Ranges, formats: Formats): (value: Value) => Group {
  const parents = new Map<Value, Value>();
  const members = new Map<Value, Members>();
  const root = (value: Value): Value => {
    let top = value;
    for (let next = parents.get(top); next; next = parents.get(top)) top = next;
    return top;
  };
  const start = (value: Value, clip?: readonly [number, number]): void => {
    if (members.has(value)) return;
    const seen = ranges.get(value.name) ?? { min: 0, max: 0 };
    const [low, high] = clip ?? [-Infinity, Infinity];
    const matters = rangeThatMatters(value);
    const min = Math.max(Math.min(seen.min, 0), low, Math.min(matters.min, 0));
    const max = Math.min(Math.max(seen.max, 0), high, Math.max(matters.max, 0));
    members.set(value, { name: value.name, min, max, low, high });
  };
  const join = (a: Value, b: Value): void => {
    const [to, from] = [root(a), root(b)];
    if (to === from) return;
    const [into, other] = [members.get(to)!, members.get(from)!];
    parents.set(from, to);
    into.min = Math.min(into.min, other.min);
    into.max = Math.max(into.max, other.max);
    into.low = Math.max(into.low, other.low);
    into.high = Math.min(into.high, other.high);
  };
  for (const unit of selection.active) for (const output of unit.outputs) start(output, unit.clip);
  for (const value of selection.consumed) start(value);
  for (const { rule, node, outputs } of selection.active) {
    // What is moved has the range of where it came from.
    if (rule.role === 'move') for (const output of outputs) join(node.input(0)!, output);
  }
  for (const unit of selection.active) {
    if (!unit.node.is('Concat')) continue;
    for (const value of concatenated(unit)) {
      const [a, b] = [members.get(root(unit.outputs[0]!))!, members.get(root(value))!];
      // A Relu that the range does the work of must not see its range widened.
      const fits =
        Math.min(a.min, b.min) >= Math.max(a.low, b.low) && Math.max(a.max, b.max) <= Math.min(a.high, b.high);
      if (fits) join(unit.outputs[0]!, value);
    }
  }
  const known = new Map<Value, Group>();
  return (value) => {
    const top = root(value);
    let group = known.get(top);
    if (!group) known.set(top, (group = finish(members.get(top)!, formats)));
    return group;
  };
}

/** Inputs of a Concat that nobody else reads: they may have its scale, and are copied then instead of computed. */
function concatenated({ node, data }: Unit): Value[] {
  return data.map((index) => node.input(index)!).filter((value) => value.useCount === 1);
}

function finish({ name, min, max }: Members, { activationRange, symmetric }: Formats): Group {
  const parameters = quantizationParameters(min, max, activationRange, symmetric);
  const { scale, zeroPoint } = parameters;
  const real = (code: number): number => (code - zeroPoint) * scale;
  return { name, parameters, reals: { min: real(activationRange.qmin), max: real(activationRange.qmax) } };
}
