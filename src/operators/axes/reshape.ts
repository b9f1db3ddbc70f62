/** Reshape and its kin: channels through axes that are merged and split. */
import { chooseAtom } from './lookAhead';
import { type AxisLabel, denseIds, type Label, plainLabel } from './label';
import { type NodeAxes } from './nodeAxes';
import { type Atom, atomsOf, type Segment, segmentsOf } from './segments';

/** Labels of the output of a node that gives input 0 another shape. */
export function relateReshape(axes: NodeAxes): void {
  const [input, output] = [axes.dims(0), axes.outDims(0)];
  axes.set(0, reshapedLabels(axes, axes.labels(0), input, output));
}

/** Labels of a tensor of shape `input` seen as `output`. */
function reshapedLabels(
  axes: NodeAxes,
  labels: readonly AxisLabel[],
  input: readonly number[],
  output: readonly number[],
): AxisLabel[] {
  const result = new Array<AxisLabel>(output.length).fill(undefined);
  const segments = segmentsOf(input, output) ?? outerSegments(input, output);
  const seen = new Set<number>();
  for (const segment of segments) {
    segment.inputs.forEach((axis) => seen.add(axis));
    reshapeSegment(axes, segment, labels, input, output, result);
  }
  labels.forEach((label, axis) => {
    if (!seen.has(axis)) axes.freeze(label, mixed(axes));
  });
  return result;
}

const mixed = (axes: NodeAxes): string => `${axes.node.label} mixes them with other axes of the tensor.`;

/** Where a dimension is unknown: what agrees at the front and at the back. */
function outerSegments(input: readonly number[], output: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  const shorter = Math.min(input.length, output.length);
  let front = 0;
  while (front < shorter && input[front] === output[front]) {
    segments.push({ inputs: [front], outputs: [front] });
    front++;
  }
  for (let back = 1; back <= shorter - front && input.at(-back) === output.at(-back); back++) {
    segments.push({ inputs: [input.length - back], outputs: [output.length - back] });
  }
  return segments;
}

function reshapeSegment(
  axes: NodeAxes,
  segment: Segment,
  labels: readonly AxisLabel[],
  input: readonly number[],
  output: readonly number[],
  result: AxisLabel[],
): void {
  const { inputs, outputs } = segment;
  if (inputs.length === 1 && outputs.length === 1) {
    result[outputs[0]!] = labels[inputs[0]!];
    return;
  }
  if (inputs.every((axis) => labels[axis] === undefined)) return;
  const atoms = atomsOf(segment, input, output, structureCuts(segment, labels, input));
  if (!atoms) {
    for (const axis of inputs) axes.freeze(labels[axis], mixed(axes));
    return;
  }
  const carried = new Map<Atom, Label>();
  for (const axis of inputs) {
    const label = labels[axis];
    if (label)
      divide(
        axes,
        label,
        atoms.filter((atom) => atom.input === axis),
        carried,
      );
  }
  for (const axis of outputs) {
    const own = atoms.filter((atom) => atom.output === axis);
    result[axis] = merge(axes, own, carried);
  }
}

/** Where channels begin and end within the labelled axes, as numbers of elements to the right of the cut. */
function structureCuts({ inputs }: Segment, labels: readonly AxisLabel[], input: readonly number[]): number[] {
  const cuts: number[] = [];
  let right = 1;
  for (const axis of [...inputs].reverse()) {
    const label = labels[axis];
    if (label) cuts.push(right * label.inner, right * label.inner * label.ids.length);
    right *= input[axis]!;
  }
  return cuts;
}

/** Gives the channels of an axis to one of the atoms that the axis is divided into. */
function divide(axes: NodeAxes, label: Label, atoms: readonly Atom[], carried: Map<Atom, Label>): void {
  // From the right: atoms within one channel, then those that tell channels apart.
  const own: Atom[] = [];
  let right = 1;
  for (const atom of [...atoms].reverse()) {
    if (right >= label.inner && right < label.inner * label.ids.length) own.unshift(atom);
    right *= atom.size;
  }
  if (own.length === 1) {
    const { ids, zero, slots, uniform } = label;
    carried.set(own[0]!, { ...plainLabel(ids, zero), ...(slots && { slots }), ...(uniform && { uniform }) });
    return;
  }
  const chosen = chooseAtom(axes, own);
  const before = own.slice(0, own.indexOf(chosen.atom)).reduce((product, atom) => product * atom.size, 1);
  const after = label.ids.length / before / chosen.atom.size;
  const slabs = new Int32Array(chosen.atom.size);
  for (let slab = 0; slab < slabs.length; slab++) {
    slabs[slab] = label.ids[slab * after]!;
    for (let o = 0; o < before; o++) {
      for (let i = 0; i < after; i++) {
        axes.ids.union(slabs[slab]!, label.ids[(o * slabs.length + slab) * after + i]!);
      }
    }
    if (chosen.heads) axes.ids.mark(slabs[slab]!, 'heads');
  }
  carried.set(chosen.atom, plainLabel(slabs, label.zero));
}

/** The label of an axis that is made of atoms; one of them may carry channels. */
function merge(axes: NodeAxes, own: readonly Atom[], carried: ReadonlyMap<Atom, Label>): AxisLabel {
  const uniform = (atom: Atom): number => Number(carried.get(atom)!.uniform ?? false);
  const labelled = own.filter((atom) => carried.has(atom)).sort((a, b) => uniform(a) - uniform(b) || b.size - a.size);
  const [first, ...others] = labelled;
  if (!first) return undefined;
  for (const atom of others) axes.freeze(carried.get(atom), mixed(axes));
  const label = carried.get(first)!;
  const at = own.indexOf(first);
  const outer = own.slice(0, at).reduce((product, atom) => product * atom.size, 1);
  const inner = own.slice(at + 1).reduce((product, atom) => product * atom.size, 1);
  const { slots, ...rest } = label;
  return { ...rest, outer, inner, ...(slots && outer === 1 && inner === 1 && { slots }) };
}

/** A label as plain channels, element by element; frozen and undefined when there are too many. */
export function spelledOut(axes: NodeAxes, label: AxisLabel): Label | undefined {
  if (!label) return undefined;
  const ids = denseIds(label);
  if (!ids) axes.freeze(label, `They are too many to follow at ${axes.node.label}.`);
  return ids && { ...plainLabel(ids, label.zero), ...(ids === label.ids && label.slots && { slots: label.slots }) };
}
