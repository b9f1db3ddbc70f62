/**
 * Lengths of axes as numbers in the graph: Shape → Gather → … → Reshape. Where such a number only shapes tensors again it
 * follows the channels, or is rewritten; where it is calculated with, the channels stay.
 */
import { type Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { type AxisLabel, type Label } from './label';
import { type NodeAxes } from './nodeAxes';

/** What the elements of a small integer tensor are. */
export interface Sizes {
  /** The axis that an element is the length of, where it is just that. */
  readonly exact: readonly AxisLabel[];
  /** Axes whose lengths went into the elements in some other way. */
  readonly loose: readonly Label[];
}

/** Operators that hand elements on in order. */
const copying = new Set(['Identity', 'Cast', 'Unsqueeze', 'Squeeze', 'Reshape', 'Flatten']);
/** Operators that calculate shapes from shapes. */
const arithmetic = new Set([
  'Add', 'Sub', 'Mul', 'Div', 'Mod', 'Min', 'Max', 'Where', 'Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual',
  'Not', 'And', 'Or', 'ReduceProd', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'Floor', 'Ceil', 'Abs', 'Neg', 'Expand',
  'Tile', 'ScatterND', 'ScatterElements', 'Split', 'Pad',
]); // prettier-ignore

/** Inputs that hold a target shape, which shrinking rewrites. */
const targets = new Map([['Reshape', 1], ['Expand', 1], ['Resize', 3], ['ConstantOfShape', 0]]); // prettier-ignore

/** Lengths in the output of a node, from those in its inputs. Channels whose length is used in any other way stay. */
export function relateSizes(axes: NodeAxes): Sizes | undefined {
  const { node } = axes;
  if (node.is('Shape')) {
    const labels = axes.labels(0);
    return { exact: labels.slice(...shapeRange(node)), loose: [] };
  }
  if (node.is('Size')) {
    for (const label of axes.labels(0)) axes.freeze(label, `${node.label} counts them.`);
    return undefined;
  }
  const inputs = [...node.inputs.keys()].filter((index) => axes.sizes(index) !== undefined);
  if (inputs.length === 0) return undefined;
  const all = inputs.flatMap((index) => labelsOf(axes.sizes(index)!));
  if (all.length === 0) return undefined;
  if (inputs.every((index) => targets.get(node.opType) === index && node.domain === '')) {
    const loose = node.is('ConstantOfShape') ? axes.sizes(0)!.loose : [];
    for (const label of loose) axes.freeze(label, `${node.label} calculates with their number.`);
    return undefined;
  }
  const passed = node.domain === '' && axes.outDims(0).length < 2 ? pass(axes, all) : undefined;
  if (!passed) for (const label of all) axes.freeze(label, `${node.label} calculates with their number.`);
  return passed;
}

const labelsOf = ({ exact, loose }: Sizes): Label[] => [...exact.filter((label) => label !== undefined), ...loose];

function shapeRange(node: Node): [number, number | undefined] {
  return [node.int('start', 0), node.int('end')];
}

function pass(axes: NodeAxes, all: readonly Label[]): Sizes | undefined {
  const { node } = axes;
  const count = countElements(axes.outDims(0));
  const vague = (): Sizes => ({ exact: new Array<AxisLabel>(count).fill(undefined), loose: all });
  if (Number.isNaN(count) || count > 64) return undefined;
  const first = axes.sizes(0);
  if (copying.has(node.opType) && first && (!node.is('Cast') || [6, 7].includes(node.int('to', 0)))) return first;
  switch (node.opType) {
    case 'Gather': {
      const picks = axes.numbers(1);
      return picks && first ? { exact: picks.map((pick) => first.exact.at(pick)), loose: first.loose } : vague();
    }
    case 'Concat': {
      const exact = node.inputs.flatMap((_, index): readonly AxisLabel[] => {
        const known = axes.sizes(index)?.exact;
        return known ?? new Array<AxisLabel>(axes.dims(index)[0] ?? 1).fill(undefined);
      });
      return { exact, loose: node.inputs.flatMap((_, index) => axes.sizes(index)?.loose ?? []) };
    }
    case 'Slice': {
      const [start, end] = [node.ints('starts') ?? axes.numbers(1), node.ints('ends') ?? axes.numbers(2)];
      if (!start || !end || !first || axes.sizes(1) || axes.sizes(2) || (axes.numbers(4)?.[0] ?? 1) !== 1)
        return vague();
      return { exact: first.exact.slice(start[0], end[0]), loose: first.loose };
    }
    default:
      return arithmetic.has(node.opType) ? vague() : undefined;
  }
}
