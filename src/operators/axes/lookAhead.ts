/**
 * Which part of a divided axis holds the channels. (heads · width) becomes (heads, width): whole heads leave. The halves
 * of a channel shuffle, or the blocks of a depth-to-space, leave position by position. What follows tells them apart.
 */
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type NodeAxes } from './nodeAxes';
import { type Atom, segmentsOf } from './segments';

/** The atom whose parts leave as a whole. */
export interface ChosenAtom {
  readonly atom: Atom;
  readonly heads: boolean;
}

/** How many nodes to follow. */
const MAX_STEPS = 40;

/** Chooses among atoms that have an output axis each: what is a batch axis of a product later, else the largest. */
export function chooseAtom(axes: NodeAxes, atoms: readonly Atom[]): ChosenAtom {
  const output = axes.node.output(0)!;
  const marks = axes
    .outDims(0)
    .map((_, axis) =>
      atoms.reduce((mask, atom, index) => (atom.output === axis && alone(atoms, atom) ? mask | (1 << index) : mask), 0),
    );
  const found = follow(
    axes,
    output,
    marks,
    atoms.map(({ size }) => size),
  );
  const batch = atoms[Math.log2(found & -found)];
  if (found !== 0 && batch) return { atom: batch, heads: true };
  const largest = atoms.reduce((best, atom) => (atom.size > best.size ? atom : best));
  return { atom: largest, heads: false };
}

/** True when no other atom of the axis goes into the same output axis. */
const alone = (atoms: readonly Atom[], atom: Atom): boolean =>
  atoms.every((other) => other === atom || other.output !== atom.output);

type Marks = readonly number[];

/** Marks of the axes that turn out to be a batch axis of a matrix product. */
function follow(axes: NodeAxes, start: Value, marks: Marks, sizes: readonly number[]): number {
  const queue: [Value, Marks][] = [[start, marks]];
  const seen = new Set<Value>([start]);
  for (let step = 0; step < MAX_STEPS && queue.length > 0; step++) {
    const [value, own] = queue.shift()!;
    for (const { node, index } of value.uses()) {
      const evidence = evidenceAt(node, index, own);
      if (evidence !== 0) return evidence;
      node.outputs.forEach((output) => {
        if (!output || seen.has(output)) return;
        const next = carry(axes, { node, index, from: value, to: output }, own, sizes);
        if (!next || next.every((mark) => mark === 0)) return;
        seen.add(output);
        queue.push([output, next]);
      });
    }
  }
  return 0;
}

function evidenceAt(node: Node, index: number, marks: Marks): number {
  if (node.opType === 'MatMul' || node.opType === 'FusedMatMul') {
    return marks.slice(0, -2).reduce((all, mark) => all | mark, 0);
  }
  if (node.is('Einsum')) return einsumBatch(node, index, marks);
  if (node.is('InstanceNormalization') && index === 0) return marks[1] ?? 0;
  return node.opType === 'Attention' && node.domain === '' && marks.length === 4 ? marks[1]! : 0;
}

/** Letters that both operands and the result have. */
function einsumBatch(node: Node, index: number, marks: Marks): number {
  const [left = '', right = ''] = node.string('equation', '').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  return marks.reduce((all, mark, axis) => {
    const letter = terms[index]?.[axis] ?? '';
    const shared = letter !== '' && right.includes(letter) && terms.every((term) => term.includes(letter));
    return shared ? all | mark : all;
  }, 0);
}

/** Marks of an output of a node that moves axes or works elementwise; undefined for any other. */
function carry(
  axes: NodeAxes,
  { node, index, from, to }: { node: Node; index: number; from: Value; to: Value },
  marks: Marks,
  sizes: readonly number[],
): Marks | undefined {
  const [input, output] = [axes.dimsOf(from), axes.dimsOf(to)];
  if (!input || !output || node.domain !== '') return undefined;
  switch (node.opType) {
    case 'Transpose': {
      const perm = node.ints('perm') ?? [...marks.keys()].reverse();
      return perm.map((axis) => marks[axis] ?? 0);
    }
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
      return index === 0 ? reshapedMarks(input, output, marks, sizes) : undefined;
    case 'Gather': {
      const axis = node.int('axis', 0);
      const gone = axis < 0 ? axis + marks.length : axis;
      return index === 0 && output.length === input.length - 1 ? marks.filter((_, at) => at !== gone) : undefined;
    }
    case 'Concat':
    case 'Split':
    case 'Slice':
      return index === 0 || node.opType === 'Concat' ? marks : undefined;
    default:
      return output.length === input.length && output.every((dim, axis) => dim === input[axis] || input[axis] === 1)
        ? marks
        : undefined;
  }
}

/** `sizes` are those of the marked parts, bit by bit. */
function reshapedMarks(
  input: readonly number[],
  output: readonly number[],
  marks: Marks,
  sizes: readonly number[],
): Marks | undefined {
  const segments = segmentsOf(input, output);
  if (!segments) return undefined;
  const result = output.map(() => 0);
  for (const { inputs, outputs } of segments) {
    const all = inputs.reduce((mask, axis) => mask | marks[axis]!, 0);
    // A merge keeps all marks; where an axis is split, a mark goes on with the only part that has its size.
    if (outputs.length === 1) result[outputs[0]!] = all;
    else {
      sizes.forEach((size, bit) => {
        const [part, another] = outputs.filter((axis) => output[axis] === size);
        if (all & (1 << bit) && part !== undefined && another === undefined) result[part]! |= 1 << bit;
      });
    }
  }
  return result;
}
