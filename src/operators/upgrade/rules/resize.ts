/** Upsample became Resize (10), which then learned coordinate modes (11). */
import { Attribute } from '../../../graph/attribute';
import { type Node } from '../../../graph/node';
import { type Shape } from '../../../graph/shape';
import { CannotUpgrade, type Rule, type Rules, type Step } from '../rule';

const perAxisScales: Rule = (node) => {
  const { height_scale: h, width_scale: w } = Object.fromEntries(
    ['height_scale', 'width_scale'].map((name) => [name, node.float(name)]),
  );
  node.attributes.delete('height_scale');
  node.attributes.delete('width_scale');
  if (h === undefined || w === undefined) throw new CannotUpgrade('height_scale or width_scale is missing');
  node.setAttribute(Attribute.floats('scales', [1, 1, h, w]));
};

/** "bilinear" and "trilinear" are N-linear on tensors of rank 4 and 5. */
const plainMode: Rule = (node) => {
  const mode = node.string('mode');
  if (mode === 'bilinear' || mode === 'trilinear') node.setAttribute(Attribute.string('mode', 'linear'));
};

const scalesToInput: Rule = (node, step) => {
  plainMode(node, step);
  const scales = node.floats('scales');
  node.attributes.delete('scales');
  if (!scales) throw new CannotUpgrade('attribute scales is missing');
  node.setInput(1, step.constant(node, 'scales', 'float', scales));
};

const upsampleToResize: Rule = (node, step) => {
  plainMode(node, step);
  node.opType = 'Resize';
  // Upsample only enlarges; what Resize of version 10 does when it shrinks need not be asked.
  node.setAttribute(Attribute.string('nearest_mode', 'floor'));
};

const nearestMode = (node: Node, step: Step): void => {
  const factors = step.numbersOf(node.input(1));
  if (!factors) step.note(node, 'The scales of Resize are computed; it is taken to enlarge, not to shrink.');
  const shrinks = factors?.some((factor) => factor < 1) ?? false;
  node.setAttribute(Attribute.string('nearest_mode', shrinks ? 'ceil' : 'floor'));
  if (!shrinks || !factors?.some((factor) => factor > 1)) return;
  // Axes are independent: first those that grow, then those that shrink.
  const [grow, shrink] = [Math.max, Math.min].map((bound) => factors.map((factor) => bound(factor, 1)));
  if (mayKeepSize(step.shapeOf(node.input(0)), grow!)) {
    throw new CannotUpgrade(
      'it shrinks one axis and enlarges another by less than an element, which no Resize of today does alike',
    );
  }
  const attributes = [...node.attributes.values(), Attribute.string('nearest_mode', 'floor')];
  const roi = step.constant(node, 'roi', 'float', []);
  const grown = step.insert(
    node,
    'Resize',
    [node.input(0), roi, step.constant(node, 'grow', 'float', grow!)],
    attributes,
  );
  node.setInput(0, grown);
  node.setInput(1, step.constant(node, 'shrink', 'float', shrink!));
};

/**
 * Whether factors may leave a shape as it is, each adding less than an element to its axis: ONNX Runtime copies then,
 * where it would repeat some elements and leave out others if another axis changed along with them.
 */
function mayKeepSize(shape: Shape | undefined, factors: readonly number[]): boolean {
  const grown = factors.flatMap((factor, axis) => (factor > 1 ? [{ factor, dim: shape?.[axis] }] : []));
  const keep = grown.every(
    ({ factor, dim }) => factor < 2 && (typeof dim !== 'number' || Math.floor(dim * factor) === dim),
  );
  return keep && grown.some(({ dim }) => dim !== 1);
}

/**
 * Version 10 took x / scale as the source coordinate; the nearest sample was the one below when enlarging, the one
 * above when shrinking (ONNX Runtime, and the operator's test cases).
 */
const coordinateModes: Rule = (node, step) => {
  const nearest = node.string('mode', 'nearest') === 'nearest';
  node.setAttribute(Attribute.string('coordinate_transformation_mode', 'asymmetric'));
  if (nearest && !node.attributes.has('nearest_mode')) nearestMode(node, step);
  if (!nearest) node.attributes.delete('nearest_mode');
  node.setInput(2, node.input(1));
  node.setInput(1, step.constant(node, 'roi', 'float', []));
};

/** Empty tensors stood for absent inputs; and one coordinate mode went, which is another under another name. */
const optionalInputs: Rule = (node, step) => {
  if (node.string('coordinate_transformation_mode') === 'tf_half_pixel_for_nn') {
    // ⌊(x + ½)/s⌋ is (x + ½)/s − ½ rounded half up.
    if (node.string('mode', 'nearest') !== 'nearest' || node.string('nearest_mode') !== 'floor') {
      throw new CannotUpgrade('coordinate mode tf_half_pixel_for_nn was removed, and there is no equal one here');
    }
    node.setAttribute(Attribute.string('coordinate_transformation_mode', 'half_pixel'));
    node.setAttribute(Attribute.string('nearest_mode', 'round_prefer_ceil'));
  }
  for (const index of [1, 2]) if (step.constantOf(node.input(index))?.size === 0) node.setInput(index, undefined);
};

/** Rules by operator. */
export const resizeRules: Rules = {
  Upsample: { 7: perAxisScales, 9: scalesToInput, 10: upsampleToResize },
  Resize: { 11: coordinateModes, 13: optionalInputs },
};
