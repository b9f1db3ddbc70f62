/** Operators that kept their form and changed their meaning, or the other way round. */
import { Attribute } from '../../../graph/attribute';
import { tensorType } from '../../../graph/shape';
import { CannotUpgrade, graphOf, isRead, type Rule, type Rules } from '../rule';

const isOne = (dim: unknown): boolean => dim === 1;

/**
 * Up to 12 the input was seen as a matrix [dims before axis, dims from axis on], normalized by rows; from 13 on one
 * axis is. The same thing when at most one of the later dimensions is not 1; else the matrix is made explicit.
 */
const singleAxis: Rule = (node, step) => {
  const axis = node.int('axis', 1);
  const shape = step.shapeOf(node.input(0));
  const start = axis < 0 && shape ? axis + shape.length : axis;
  if (start === -1 || (shape && shape.slice(start + 1).every(isOne))) {
    node.setAttribute(Attribute.int('axis', start));
    return;
  }
  const original = step.insert(node, 'Shape', [node.input(0)], [], tensorType('int64', shape && [shape.length]));
  node.setInput(0, step.insert(node, 'Flatten', [node.input(0)], [Attribute.int('axis', axis)]));
  node.setAttribute(Attribute.int('axis', -1));
  step.appendAfter(node, 0, 'Reshape', [], [original]);
};

/** Training became a flag; the outputs that only training uses went. */
const trainingFlag: Rule = (node) => {
  const graph = graphOf(node);
  if (node.outputs.slice(3).some((value) => isRead(value, graph))) {
    throw new CannotUpgrade('its outputs saved_mean and saved_var are used');
  }
  const trains = node.outputs.slice(1, 3).some((value) => isRead(value, graph));
  node.truncateOutputs(trains ? 3 : 1);
  if (trains) node.setAttribute(Attribute.int('training_mode', 1));
};

/** Scale and bias per group became scale and bias per channel. */
const perChannelAffine: Rule = (node, step) => {
  const groups = node.int('num_groups');
  const channels = step.shapeOf(node.input(0))?.[1];
  if (groups === undefined) throw new CannotUpgrade('attribute num_groups is missing');
  if (typeof channels !== 'number') throw new CannotUpgrade('the number of channels is unknown');
  for (const index of [1, 2]) {
    const value = node.input(index);
    const column = step.insert(node, 'Unsqueeze', [value, step.constant(node, 'axis', 'int64', [1])]);
    const spread = step.constant(node, 'spread', 'int64', [groups, channels / groups]);
    const flat = step.constant(node, 'flat', 'int64', [-1]);
    node.setInput(index, step.insert(node, 'Reshape', [step.insert(node, 'Expand', [column, spread]), flat]));
  }
};

const gridModes: Rule = (node) => {
  const mode = node.string('mode', 'bilinear');
  const renamed = mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : mode;
  node.setAttribute(Attribute.string('mode', renamed));
};

/** Rules by operator. */
export const semanticsRules: Rules = {
  Softmax: { 13: singleAxis },
  LogSoftmax: { 13: singleAxis },
  Hardmax: { 13: singleAxis },
  BatchNormalization: { 14: trainingFlag },
  GroupNormalization: { 21: perChannelAffine },
  GridSample: { 20: gridModes },
  Concat: {
    4: (node) => {
      if (!node.attributes.has('axis')) node.setAttribute(Attribute.int('axis', 1));
    },
  },
  // The half pixel shift became the default.
  RoiAlign: {
    16: (node) => node.setAttribute(Attribute.string('coordinate_transformation_mode', 'output_half_pixel')),
  },
  Scatter: {
    11: (node) => {
      node.opType = 'ScatterElements';
    },
  },
};
