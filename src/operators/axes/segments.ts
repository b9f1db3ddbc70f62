/** How a reshape divides into independent parts: runs of input axes and output axes of the same size. */

/** Input axes that become output axes, in order; axes of size 1 are in no segment. */
export interface Segment {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Splits a reshape at every place where the sizes so far agree; undefined when they do not add up. */
export function segmentsOf(input: readonly number[], output: readonly number[]): Segment[] | undefined {
  const from = [...input.keys()].filter((axis) => input[axis] !== 1);
  const to = [...output.keys()].filter((axis) => output[axis] !== 1);
  const segments: Segment[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [inputs, outputs] = [[from[i++]!], [to[j++]!]];
    let [sizeIn, sizeOut] = [input[inputs[0]!], output[outputs[0]!]];
    while (sizeIn !== sizeOut) {
      if (sizeIn === undefined || sizeOut === undefined || Number.isNaN(sizeIn) || Number.isNaN(sizeOut)) {
        return undefined;
      }
      const next = sizeIn < sizeOut ? from[i++] : to[j++];
      if (next === undefined) return undefined;
      if (sizeIn < sizeOut) {
        inputs.push(next);
        sizeIn *= input[next]!;
      } else {
        outputs.push(next);
        sizeOut *= output[next]!;
      }
    }
    if (sizeIn === undefined) return undefined;
    segments.push({ inputs, outputs });
  }
  return segments;
}

/** The parts of a segment that are not divided any further, outermost first. */
export interface Atom {
  readonly size: number;
  /** Input and output axis it is part of. */
  readonly input: number;
  readonly output: number;
}

/**
 * Cuts a segment wherever an input axis, an output axis or one of the extra boundaries (sizes of the elements to the
 * right of a cut) begins; undefined when the cuts do not fit into each other.
 */
export function atomsOf(
  { inputs, outputs }: Segment,
  input: readonly number[],
  output: readonly number[],
  extra: readonly number[],
): Atom[] | undefined {
  const inputCuts = suffixes(inputs.map((axis) => input[axis]!));
  const outputCuts = suffixes(outputs.map((axis) => output[axis]!));
  const cuts = [...new Set([...inputCuts, ...outputCuts, ...extra, 1])].sort((a, b) => b - a);
  const atoms: Atom[] = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [outer, inner] = [cuts[at]!, cuts[at + 1]!];
    if (outer % inner !== 0) return undefined;
    atoms.push({
      size: outer / inner,
      input: inputs[lastAtLeast(inputCuts, outer)]!,
      output: outputs[lastAtLeast(outputCuts, outer)]!,
    });
  }
  return atoms;
}

/** For each axis, the number of elements from it on. */
function suffixes(dims: readonly number[]): number[] {
  const result = [...dims];
  for (let axis = dims.length - 2; axis >= 0; axis--) result[axis]! *= result[axis + 1]!;
  return result;
}

/** Index of the last of some descending numbers that is at least `bound`. */
function lastAtLeast(descending: readonly number[], bound: number): number {
  let index = 0;
  while (index + 1 < descending.length && descending[index + 1]! >= bound) index++;
  return index;
}
