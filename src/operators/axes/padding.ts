/** Pad and Tile: axes that grow. */
import { Attribute } from '../../graph/attribute';
import { normalAxis, RuleError } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed, plainLabel } from './label';
import { type NodeAxes } from './nodeAxes';
import { spelledOut } from './reshape';
import { type Shrinking } from './shrinking';

/** Padded channels are new ones, which may leave again. */
function relatePad(axes: NodeAxes): void {
  const labels = axes.labels(0);
  const pads = padsOf(axes);
  const constant = axes.node.string('mode', 'constant') === 'constant';
  const value = axes.node.float('value') ?? (axes.has(2) ? (axes.numbers(2)?.[0] ?? NaN) : 0);
  if (labels.some((label) => label !== undefined) && !pads)
    throw new RuleError('how far it pads is not known beforehand');
  const padded = pads?.some((pad) => pad !== 0) ?? false;
  axes.set(
    0,
    labels.map((label, axis): AxisLabel => {
      const [before, after] = [pads?.[axis] ?? 0, pads?.[axis + labels.length] ?? 0];
      const zero = (label?.zero ?? false) && (!constant || value === 0 || !padded);
      if (!label || (before === 0 && after === 0)) return computed(label, zero);
      const whole = spelledOut(axes, label);
      if (!whole || !constant || before < 0 || after < 0) {
        axes.freeze(label, `${axes.node.label} pads them with copies of each other, or crops them.`);
        return undefined;
      }
      const ids = new Int32Array(before + whole.ids.length + after);
      ids.set(axes.fresh(before).ids, 0);
      ids.set(whole.ids, before);
      ids.set(axes.fresh(after).ids, before + whole.ids.length);
      return plainLabel(ids, zero);
    }),
  );
}

function padsOf(axes: NodeAxes): number[] | undefined {
  const { node } = axes;
  const pads = node.ints('pads') ?? node.ints('paddings') ?? axes.numbers(1);
  const named = axes.has(3) ? axes.numbers(3) : undefined;
  if (!axes.has(3) || !pads || !named) return axes.has(3) ? undefined : pads;
  const rank = axes.dims(0).length;
  const all = new Array<number>(rank * 2).fill(0);
  named.forEach((axis, index) => {
    all[normalAxis(axis, rank)] = pads[index]!;
    all[normalAxis(axis, rank) + rank] = pads[index + named.length]!;
  });
  return all;
}

function shrinkPad(shrinking: Shrinking): void {
  const { axes, node } = shrinking;
  const pads = padsOf(axes);
  const rank = shrinking.dims(0).length;
  if (!pads || !axes.labels(0).some((_, axis) => pads[axis] !== 0 && shrinking.changesOut(0, axis))) return;
  const shrunk = pads.map((pad, index) => {
    const axis = index % rank;
    if (pad === 0) return 0;
    const [before, size] = [pads[axis]!, shrinking.dims(0)[axis]!];
    const keptBefore = shrinking.keptOutBefore(0, axis, before);
    return index < rank ? keptBefore : shrinking.keptOut(0, axis) - shrinking.keptOutBefore(0, axis, before + size);
  });
  if (node.ints('pads')) node.setAttribute(Attribute.ints('pads', shrunk));
  else {
    shrinking.setInput(1, shrunk);
    shrinking.dropInput(3);
  }
}

function relateTile(axes: NodeAxes): void {
  const repeats = axes.numbers(1);
  axes.set(
    0,
    axes.labels(0).map((label, axis) => {
      if (!label) return undefined;
      const repeat = repeats?.[axis];
      if (repeat === 1) return label;
      const whole = repeat === undefined ? undefined : spelledOut(axes, label);
      if (!whole) axes.freeze(label, `${axes.node.label} repeats them.`);
      return whole && { ...computed(whole, whole.zero)!, outer: repeat! };
    }),
  );
}

/** Members of this family. */
export const paddingAxes = [...defineAxes(['Pad'], relatePad, shrinkPad), ...defineAxes(['Tile'], relateTile)];
