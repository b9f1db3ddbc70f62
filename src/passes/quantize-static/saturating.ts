/**
 * Which part of a value's range its readers look at. HardSwish is 0 below −3 however far below, so codes spent on what
 * lies there are wasted: half of them, in networks that use it.
 */
import { constantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { toNumbers } from '../../numerics/elements';
import { type RealRange } from '../../numerics/calibration';

const everything: RealRange = { min: -Infinity, max: Infinity };

/** Outside of this range all readers of `value` give what they give at its ends. */
export function rangeThatMatters(value: Value): RealRange {
  const owner = value.producer?.graph;
  const uses = value.uses();
  if (!owner || owner.outputs.includes(value) || uses.length === 0) return everything;
  const windows = uses.map(({ node, index }) => windowOf(node, index, value));
  return {
    min: Math.min(...windows.map(({ min }) => min)),
    max: Math.max(...windows.map(({ max }) => max)),
  };
}

function windowOf(node: Node, index: number, value: Value): RealRange {
  if (node.domain !== '') return everything;
  switch (node.opType) {
    case 'Relu':
      return { min: 0, max: Infinity };
    case 'HardSwish':
      return { min: -3, max: Infinity };
    case 'Clip':
    case 'HardSigmoid':
    case 'Add':
      return gateWindow(node, index) ?? everything;
    case 'Mul':
      return gatedWindow(node, index, value);
    default:
      return everything;
  }
}

/** Where Clip, HardSigmoid or Clip(x + c) do not saturate. */
function gateWindow(node: Node, index: number): RealRange | undefined {
  if (node.is('Clip')) return index === 0 ? clipWindow(node) : undefined;
  if (node.is('HardSigmoid')) {
    const [alpha, beta] = [node.float('alpha', 0.2), node.float('beta', 0.5)];
    return alpha > 0 ? { min: -beta / alpha, max: (1 - beta) / alpha } : undefined;
  }
  const shift = numberOf(node.input(1 - index), node);
  const sum = node.output(0);
  const [clip] = sum?.consumers() ?? [];
  if (shift === undefined || !clip?.is('Clip') || sum?.useCount !== 1 || node.graph!.outputs.includes(sum)) {
    return undefined;
  }
  const window = clipWindow(clip);
  return window && { min: window.min - shift, max: window.max - shift };
}

function clipWindow(clip: Node): RealRange | undefined {
  const limit = (index: number, name: string, none: number): number | undefined =>
    clip.input(index) ? numberOf(clip.input(index), clip) : clip.float(name, none);
  const [min, max] = [limit(1, 'min', -Infinity), limit(2, 'max', Infinity)];
  return min === undefined || max === undefined ? undefined : { min, max };
}

/** x · gate(x), where the gate is 0 below some x: HardSwish written out. */
function gatedWindow(node: Node, index: number, value: Value): RealRange {
  const gate = node.input(1 - index)?.producer;
  const inner = gate?.is('Clip') ? gate.input(0)?.producer : gate;
  if (!gate || !inner) return everything;
  const at = inner.inputs.indexOf(value);
  if (at < 0 || !(inner.is('HardSigmoid') || inner.is('Add') || inner === gate)) return everything;
  // A Clip is a gate only where it closes.
  if (gate.is('Clip') && clipWindow(gate)?.min !== 0) return everything;
  if (inner.is('Add') && !gate.is('Clip')) return everything;
  const window = gateWindow(inner, at);
  return window ? { min: window.min, max: Infinity } : everything;
}

/** The only number that a value stands for. */
function numberOf(value: Value | undefined, reader: Node): number | undefined {
  const source = value && constantSource(value, reader.graph!);
  if (source?.tensor.dataType !== 'float' || source.tensor.size !== 1) return undefined;
  return toNumbers('float', source.tensor.bytes(), 1)[0];
}
