/** Einsum: axes of one letter belong together, letters that the result lacks are summed over. */
import { RuleError } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed } from './label';
import { type NodeAxes } from './nodeAxes';

function relate(axes: NodeAxes): void {
  const equation = axes.node.string('equation', '').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  if (right === undefined || left === undefined || equation.includes('.')) {
    throw new RuleError('its equation is implicit');
  }
  const terms = left.split(',');
  const letters = new Map<string, { index: number; axis: number }[]>();
  terms.forEach((term, index) =>
    [...term].forEach((letter, axis) => letters.set(letter, [...(letters.get(letter) ?? []), { index, axis }])),
  );
  const joined = new Map<string, AxisLabel>();
  for (const [letter, places] of letters) joined.set(letter, joinLetter(axes, places, right.includes(letter)));
  axes.set(
    0,
    [...right].map((letter) => joined.get(letter)),
  );
}

function joinLetter(axes: NodeAxes, places: readonly { index: number; axis: number }[], kept: boolean): AxisLabel {
  const labels = places.map(({ index, axis }) => axes.label(index, axis));
  const fixed = places[labels.indexOf(undefined)];
  let label = labels[0];
  for (const other of labels.slice(1)) label = axes.tie(label, other, fixed && axes.node.input(fixed.index));
  const weight = (each: AxisLabel): boolean => each?.slots !== undefined;
  const zero = labels.some((each) => each?.zero && (kept || !weight(each)));
  for (const each of labels) {
    if (kept) axes.produce(each);
    else axes.consume(each);
  }
  if (!kept && !zero && !labels.every(weight)) axes.freeze(label, axes.notZero(), true);
  return computed(label, zero);
}

/** Members of this family. */
export const einsumAxes = defineAxes(['Einsum'], relate);
