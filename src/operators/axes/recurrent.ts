/** LSTM, GRU, RNN: hidden units leave with their rows in every gate, in both directions. */
import { Attribute } from '../../graph/attribute';
import { RuleError } from '../dims';
import { type AxisLabel, computed, type Label } from './label';
import { defineAxes } from './definition';
import { type NodeAxes } from './nodeAxes';
import { type Shrinking } from './shrinking';

const gatesOf = new Map([['LSTM', 4], ['GRU', 3], ['RNN', 1]]); // prettier-ignore

/** Gates that make a unit without weights stay at zero: tanh(0) = 0 times whatever else. */
const harmless = new Set(['Tanh', 'Relu', 'LeakyRelu', 'Elu', 'Softsign', 'ThresholdedRelu', 'ScaledTanh']);

function relate(axes: NodeAxes): void {
  const { node } = axes;
  const gates = gatesOf.get(node.opType)!;
  const size = axes.dims(2)[2];
  if (size === undefined) throw new RuleError('its weights have too few dimensions');
  const hidden = axes.fresh(size, 'hidden');
  axes.contract([0, 2], [1, 2]);
  const read = axes.label(2, 2);
  axes.consume(read);
  axes.tie(hidden, read, node.input(2));
  gated(axes, hidden, 1, 1, gates);
  gated(axes, hidden, 2, 1, gates);
  if (axes.has(3)) gated(axes, hidden, 3, 1, gates * 2);
  for (const index of [5, 6]) {
    if (!axes.has(index)) continue;
    axes.tieTo(hidden, index, 2);
    axes.produce(axes.label(index, 2));
  }
  if (axes.has(7)) gated(axes, hidden, 7, 1, 3);
  const states = [5, 6].filter((index) => axes.has(index));
  const zero =
    staysZero(node.strings('activations'), node.opType) && states.every((index) => axes.label(index, 2)?.zero);
  const made = computed(hidden, zero);
  const layout = node.int('layout', 0);
  const sequence: AxisLabel[] = [undefined, undefined, undefined, made];
  axes.set(0, sequence);
  for (const index of [1, 2]) axes.set(index, [undefined, undefined, made]);
  if (layout !== 0 && layout !== 1) throw new RuleError(`layout ${layout} is not known`);
}

/** Ties one axis of [directions, gates · hidden, …] to the hidden units. */
function gated(axes: NodeAxes, hidden: Label, index: number, axis: number, gates: number): void {
  axes.tieTo({ ...hidden, outer: gates }, index, axis);
  axes.produce(axes.label(index, axis));
}

function staysZero(activations: readonly string[] | undefined, opType: string): boolean {
  if (!activations) return true;
  const own =
    opType === 'RNN' ? activations : activations.filter((_, index) => index % (opType === 'LSTM' ? 3 : 2) !== 0);
  return own.every((name) => harmless.has(name));
}

function shrink(shrinking: Shrinking): void {
  const { node } = shrinking;
  if (node.int('hidden_size') !== undefined) {
    node.setAttribute(Attribute.int('hidden_size', shrinking.keptAlong(2, 2)));
  }
}

/** Members of this family. */
export const recurrentAxes = defineAxes(['LSTM', 'GRU', 'RNN'], relate, shrink);
