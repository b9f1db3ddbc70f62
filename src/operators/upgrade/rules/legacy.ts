/** Changes of the first years: in-place hints (6), axis-aligned broadcasting (7), test-mode flags (7). */
import { Attribute } from '../../../graph/attribute';
import { codeOfDataType, isDataType } from '../../../graph/dataType';
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { CannotUpgrade, graphOf, isRead, type Rule, type Rules, type Step } from '../rule';

const withoutAttributes =
  (...names: readonly string[]): Rule =>
  (node) => {
    for (const name of names) node.attributes.delete(name);
  };

/** Operators that could say which inputs they may overwrite. */
const inPlaceHint = withoutAttributes('consumed_inputs');

/** Gives `value` `count` trailing dimensions of 1: by reshaping a constant of its own, else by Unsqueeze. */
function withTrailingOnes(node: Node, step: Step, value: Value, count: number): Value {
  const constant = value.producer ? undefined : step.constantOf(value);
  if (constant && value.useCount === 1 && !graphOf(node).outputs.includes(value)) {
    const owner = graphOf(node);
    if (owner.initializers.get(value.name) === value) {
      owner.setInitializer(value, constant.with({ shape: [...constant.shape, ...Array<number>(count).fill(1)] }));
      return value;
    }
  }
  const rank = step.rankOf(value);
  const axes = Array.from({ length: count }, (_, i) => rank + i);
  return step.insert(node, 'Unsqueeze', [value], [Attribute.ints('axes', axes)]);
}

/** `axis` said where the dimensions of B start within those of A; from 7 on they are aligned at the end. */
const alignBroadcast: Rule = (node, step) => {
  const axis = node.int('broadcast', 0) === 0 ? undefined : node.int('axis');
  inPlaceHint(node, step);
  node.attributes.delete('broadcast');
  node.attributes.delete('axis');
  const [a, b] = node.inputs;
  if (axis === undefined || !a || !b) return;
  const rankA = step.rankOf(a);
  const trailing = rankA - (axis < 0 ? axis + rankA : axis) - step.rankOf(b);
  if (trailing > 0) node.setInput(1, withTrailingOnes(node, step, b, trailing));
};

/** A slope of one value per channel lay along axis 1; from 7 on it is broadcast from the last axis. */
const alignSlope: Rule = (node, step) => {
  const [x, slope] = node.inputs;
  if (!x || !slope) return;
  const shape = step.shapeOf(slope);
  if (!shape) throw new CannotUpgrade(`the shape of "${slope.name}" is unknown`);
  if (shape.length !== 1 || shape[0] === 1) return;
  const trailing = step.rankOf(x) - 2;
  if (trailing > 0) node.setInput(1, withTrailingOnes(node, step, slope, trailing));
};

/** Before 7 a flag told training from inference; from 7 on the number of outputs does. */
const inferenceOnly: Rule = (node, step) => {
  const isTest = node.int('is_test', 0) !== 0;
  node.attributes.delete('is_test');
  const graph = graphOf(node);
  const trains = node.outputs.slice(1).some((value) => isRead(value, graph));
  if (isTest || !trains) node.truncateOutputs(1);
  if (!isTest && !trains) step.note(node, `${node.opType} had is_test = 0; it is kept as what inference computes.`);
};

/** As for BatchNormalization, but the mask is an output in either mode. */
const dropoutForInference: Rule = (node, step) => {
  const isTest = node.int('is_test', 0) !== 0;
  node.attributes.delete('is_test');
  if (!isTest) step.note(node, 'Dropout had is_test = 0; it is kept as what inference computes.');
};

/** One statistic per feature and position (`spatial = 0`) has no form after 9: spelled out in arithmetic. */
const spatialNormalization: Rule = (node, step) => {
  const spatial = node.int('spatial', 1);
  node.attributes.delete('spatial');
  if (spatial !== 0) return;
  const graph = graphOf(node);
  if (node.outputs.slice(1).some((value) => isRead(value, graph))) {
    throw new CannotUpgrade('it trains, with statistics per position (spatial = 0)');
  }
  const [x, scale, bias, mean, variance] = node.inputs;
  const epsilon = step.constant(node, 'epsilon', step.dataTypeOf(x), [node.float('epsilon', 1e-5)], []);
  const deviation = step.insert(node, 'Sqrt', [step.insert(node, 'Add', [variance, epsilon])]);
  const normalized = step.insert(node, 'Div', [step.insert(node, 'Sub', [x, mean]), deviation]);
  const scaled = step.insert(node, 'Mul', [normalized, scale]);
  node.truncateInputs(0);
  node.truncateOutputs(1);
  node.attributes.clear();
  node.opType = 'Add';
  node.setInput(0, scaled);
  node.setInput(1, bias);
};

/** The type was spelled out ("FLOAT"). */
const castByCode: Rule = (node) => {
  const name = node.string('to');
  if (name === undefined) return;
  const type = name.toLowerCase();
  if (!isDataType(type)) throw new CannotUpgrade(`"${name}" is not an element type`);
  node.setAttribute(Attribute.int('to', codeOfDataType(type)));
};

/** Constants of the activation were rounded differently. */
const seluDefaults: Rule = (node, step) => {
  inPlaceHint(node, step);
  if (!node.attributes.has('alpha')) node.setAttribute(Attribute.float('alpha', 1.6732));
  if (!node.attributes.has('gamma')) node.setAttribute(Attribute.float('gamma', 1.0507));
};

/** The norm's exponent became a whole number. */
const integerNorm: Rule = (node) => {
  const p = node.float('p');
  if (p === undefined) return;
  if (!Number.isInteger(p)) throw new CannotUpgrade(`p = ${p} is not a whole number`);
  node.setAttribute(Attribute.int('p', p));
};

/** Repeats along one axis became repeats for every axis. */
const tileAllAxes: Rule = (node, step) => {
  const [input, tiles, axis] = node.inputs;
  const [count, at] = [tiles, axis].map((value) => step.numbersOf(value)?.[0]);
  if (count === undefined || at === undefined) throw new CannotUpgrade('tiles or axis is not a constant');
  const repeats = Array<number>(step.rankOf(input)).fill(1);
  repeats[at] = count;
  node.truncateInputs(1);
  node.setInput(1, step.constant(node, 'repeats', 'int64', repeats));
};

const broadcasting = { 6: inPlaceHint, 7: alignBroadcast };

/** Rules for versions up to 7. */
export const legacyRules: Rules = {
  ...Object.fromEntries(
    (
      'Abs Ceil Elu Exp Floor HardSigmoid InstanceNormalization LeakyRelu Log Max Mean Min Neg Reciprocal Relu ' +
      'Sigmoid Sqrt Sum Tanh Clip'
    )
      .split(' ')
      .map((name) => [name, { 6: inPlaceHint }]),
  ),
  Add: broadcasting,
  Sub: broadcasting,
  Mul: broadcasting,
  Div: broadcasting,
  Pow: { 7: alignBroadcast },
  And: { 7: alignBroadcast },
  Or: { 7: alignBroadcast },
  Xor: { 7: alignBroadcast },
  Greater: { 7: alignBroadcast },
  Less: { 7: alignBroadcast },
  Equal: { 7: alignBroadcast },
  PRelu: { 6: inPlaceHint, 7: alignSlope },
  Selu: { 6: seluDefaults },
  Gemm: { 7: withoutAttributes('broadcast') },
  BatchNormalization: { 6: inPlaceHint, 7: inferenceOnly, 9: spatialNormalization },
  Dropout: { 6: inPlaceHint, 7: dropoutForInference },
  Cast: { 6: castByCode },
  LpPool: { 2: integerNorm },
  GlobalLpPool: { 2: integerNorm },
  Tile: { 6: tileAllAxes },
  RNN: { 7: withoutAttributes('output_sequence') },
  LSTM: { 7: withoutAttributes('output_sequence') },
  GRU: { 7: withoutAttributes('output_sequence') },
};
