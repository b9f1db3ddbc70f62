/** Attributes that became inputs, so that a model can compute them. */
import { Attribute } from '../../../graph/attribute';
import { tensorType } from '../../../graph/shape';
import { CannotUpgrade, graphOf, isRead, type Rule, type Rules } from '../rule';

const largestFloat32 = 3.4028234663852886e38;

/** `axes` to input 1; an empty list meant "all", which an absent input says. */
const axesToInput: Rule = (node, step) => {
  if (node.ints('axes')?.length === 0) node.attributes.delete('axes');
  step.attributeToInput(node, 'axes', 1);
};

/** Bounds to inputs 1 and 2, in the type of the data; the default bounds are those of float32 and bound nothing. */
const clipBounds: Rule = (node, step) => {
  for (const [name, index, unbounded] of [
    ['min', 1, -largestFloat32],
    ['max', 2, largestFloat32],
  ] as const) {
    if (node.attributes.get(name)?.payload.kind === 'reference') {
      throw new CannotUpgrade(`attribute ${name} comes from the caller of the function`);
    }
    const bound = node.float(name);
    node.attributes.delete(name);
    if (bound === undefined || bound === unbounded) continue;
    node.setInput(index, step.constant(node, name, step.dataTypeOf(node.input(0)), [bound], []));
  }
};

const padsToInput: Rule = (node, step) => {
  const value = node.float('value', 0);
  node.attributes.delete('value');
  step.attributeToInput(node, 'pads', 1);
  if (value === 0 || node.string('mode', 'constant') !== 'constant') return;
  node.setInput(2, step.constant(node, 'value', step.dataTypeOf(node.input(0)), [value], []));
};

const renamePaddings: Rule = (node) => {
  const paddings = node.attributes.get('paddings');
  node.attributes.delete('paddings');
  if (paddings) node.setAttribute(new Attribute('pads', paddings.payload));
};

const sliceToInputs: Rule = (node, step) => {
  step.attributeToInput(node, 'starts', 1);
  step.attributeToInput(node, 'ends', 2);
  step.attributeToInput(node, 'axes', 3);
};

/** The ratio matters to training alone, but is part of what the model says. */
const dropoutRatio: Rule = (node, step) => {
  const ratio = node.float('ratio');
  node.attributes.delete('ratio');
  if (ratio !== undefined) node.setInput(1, step.constant(node, 'ratio', 'float', [ratio], []));
};

/** The mask was of the data's type. */
const dropoutMask: Rule = (node, step) => {
  if (!isRead(node.output(1), graphOf(node))) return node.truncateOutputs(1);
  const to = step.castTo(node.input(0));
  return step.appendAfter(node, 1, 'Cast', [to], [], tensorType('bool', step.shapeOf(node.output(1))));
};

/** Sizes could be an optional second input in version 1: an attribute in 2, an input again in 13. */
const splitSizesToAttribute: Rule = (node, step) => {
  const sizes = node.input(1);
  if (!sizes) return;
  const numbers = step.numbersOf(sizes);
  if (!numbers) throw new CannotUpgrade(`the split sizes "${sizes.name}" are not constant`);
  node.truncateInputs(1);
  node.setAttribute(Attribute.ints('split', numbers));
};

/** Equal parts are now asked for by their number. */
const splitCount: Rule = (node) => {
  if (!node.input(1)) node.setAttribute(Attribute.int('num_outputs', node.outputs.length));
};

/** Rules by operator. */
export const attributesToInputsRules: Rules = {
  Clip: { 11: clipBounds },
  Pad: { 2: renamePaddings, 11: padsToInput },
  Slice: { 10: sliceToInputs },
  TopK: { 10: (node, step) => void step.attributeToInput(node, 'k', 1) },
  Dropout: { 10: dropoutMask, 12: dropoutRatio },
  Squeeze: { 13: axesToInput },
  Unsqueeze: { 13: axesToInput },
  ReduceSum: { 13: axesToInput },
  ...Object.fromEntries(
    ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map((name) => [
      `Reduce${name}`,
      { 18: axesToInput },
    ]),
  ),
  Reshape: {
    5: (node, step) => {
      node.attributes.delete('consumed_inputs');
      step.attributeToInput(node, 'shape', 1);
    },
  },
  Split: {
    2: splitSizesToAttribute,
    13: (node, step) => void step.attributeToInput(node, 'split', 1),
    18: splitCount,
  },
  // The default axis was 1 as an attribute and is -2 as an input.
  DFT: {
    20: (node, step) => {
      if (!node.attributes.has('axis')) node.setAttribute(Attribute.int('axis', 1));
      step.attributeToInput(node, 'axis', 2, true);
    },
  },
};
