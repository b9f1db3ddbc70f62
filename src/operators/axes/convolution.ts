/** Convolutions: rows of the weight make channels, its columns read them. Grouped ones tie whole groups or positions. */
import { Attribute } from '../../graph/attribute';
import { RuleError } from '../dims';
import { defineAxes } from './definition';
import { type AxisLabel, computed, type Label } from './label';
import { type NodeAxes } from './nodeAxes';
import { type Shrinking } from './shrinking';

/** Where a convolution has its operands. */
interface Places {
  readonly x: number;
  readonly w: number;
  readonly bias: number;
  /** Per-channel parameters of a quantized weight. */
  readonly perChannel: readonly number[];
}

const plain: Places = { x: 0, w: 1, bias: 2, perChannel: [] };

const withInner = (label: Label, inner: number): Label => ({ ...label, inner });
const withOuter = (label: Label, outer: number): Label => ({ ...label, outer });

/** Weight [M, C/g, k…]: ties its axis 1 to the channels of x and gives its axis 0 as the channels of the output. */
function relateConvolution({ x, w, bias, perChannel }: Places) {
  return (axes: NodeAxes): void => {
    const groups = axes.node.int('group', 1);
    const [rows, perGroup] = axes.dims(w);
    if (rows === undefined || perGroup === undefined) throw new RuleError('its weight has too few dimensions');
    const made =
      groups === 1 ? ungrouped(axes, x, w) : grouped(axes, { x, w, groups, perGroup, rowsPerGroup: rows / groups });
    for (const index of [bias, ...perChannel]) {
      if (axes.has(index) && axes.dims(index).length === 1 && axes.dims(index)[0] !== 1) {
        axes.tieTo(made, index, 0);
        if (index === bias) axes.produce(axes.label(index, 0));
      }
    }
    const spatial = axes.outDims(0).slice(2);
    axes.set(0, [axes.label(x, 0), made, ...spatial.map(() => undefined)]);
  };
}

function ungrouped(axes: NodeAxes, x: number, w: number): AxisLabel {
  axes.contract([x, 1], [w, 1]);
  return computed(axes.produce(axes.label(w, 0)), true);
}

interface Grouping {
  readonly x: number;
  readonly w: number;
  readonly groups: number;
  readonly perGroup: number;
  readonly rowsPerGroup: number;
}

/**
 * Depthwise and narrow groups leave as a whole; of wide groups each loses the same positions, so that they stay of one
 * size.
 */
function grouped(axes: NodeAxes, { x, w, groups, perGroup, rowsPerGroup }: Grouping): AxisLabel {
  if (!Number.isInteger(rowsPerGroup)) throw new RuleError(`its weight does not divide into ${groups} groups`);
  if (perGroup < groups) {
    const whole = axes.fresh(groups);
    axes.tieTo(withInner(whole, perGroup), x, 1);
    axes.tieTo(withInner(whole, rowsPerGroup), w, 0);
    axes.produce(axes.label(w, 0));
    return withInner(whole, rowsPerGroup);
  }
  const read = axes.label(w, 1);
  if (read) {
    axes.consume(read);
    axes.tieTo(withOuter(read, groups), x, 1);
    if (axes.label(x, 1)?.zero === false) axes.freeze(read, axes.notZero(), true);
  }
  const made = axes.fresh(rowsPerGroup);
  axes.tieTo(withOuter(made, groups), w, 0);
  axes.produce(axes.label(w, 0));
  return withOuter(made, groups);
}

/** Weight [C, M/g, k…]: the other way round. */
function relateTransposed(axes: NodeAxes): void {
  const groups = axes.node.int('group', 1);
  const [rows, columns] = axes.dims(1);
  if (rows === undefined || columns === undefined) throw new RuleError('its weight has too few dimensions');
  let made: AxisLabel;
  if (groups === 1) {
    axes.contract([0, 1], [1, 0]);
    made = computed(axes.produce(axes.label(1, 1)), true);
  } else {
    const whole = axes.fresh(groups);
    axes.tieTo(withInner(whole, rows / groups), 0, 1);
    axes.tieTo(withInner(whole, rows / groups), 1, 0);
    axes.produce(axes.label(1, 0));
    made = withInner(whole, columns);
  }
  if (axes.has(2)) {
    axes.tieTo(made, 2, 0);
    axes.produce(axes.label(2, 0));
  }
  axes.set(0, [
    axes.label(0, 0),
    made,
    ...axes
      .outDims(0)
      .slice(2)
      .map(() => undefined),
  ]);
}

/** `group` follows from what is left of the channels and of the weight. */
function shrinkGroups(x: number, w: number, channelsPerGroupAxis: number) {
  return (shrinking: Shrinking): void => {
    const { node } = shrinking;
    if (node.int('group', 1) === 1) return;
    const perGroup =
      channelsPerGroupAxis === 1 ? shrinking.keptAlong(w, 1) : shrinking.dims(w)[0]! / node.int('group', 1);
    node.setAttribute(Attribute.int('group', shrinking.keptAlong(x, 1) / perGroup));
  };
}

/** Members of this family. */
export const convolutionAxes = [
  ...defineAxes(['Conv'], relateConvolution(plain), shrinkGroups(0, 1, 1)),
  ...defineAxes(['ConvInteger'], relateConvolution({ ...plain, bias: -1, perChannel: [3] }), shrinkGroups(0, 1, 1)),
  ...defineAxes(['QLinearConv'], relateConvolution({ x: 0, w: 3, bias: 8, perChannel: [4, 5] }), shrinkGroups(0, 3, 1)),
  ...defineAxes(['FusedConv'], relateFused, shrinkGroups(0, 1, 1), 'com.microsoft'),
  ...defineAxes(['ConvTranspose'], relateTransposed, shrinkGroups(0, 1, 0)),
];

/** ONNX Runtime's Conv with an addend at input 3 and an activation. */
function relateFused(axes: NodeAxes): void {
  if (axes.has(3)) throw new RuleError('a sum is fused into it');
  relateConvolution(plain)(axes);
}
