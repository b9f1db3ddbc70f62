/**
 * Experimental operators of the first versions, which runtimes dropped with version 10. Each is a few plain ones.
 * What they compute: ONNX Runtime's contributed kernels for ai.onnx up to 9.
 */
import { Attribute } from '../../../graph/attribute';
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { CannotUpgrade, type Rule, type Rules, type Step } from '../rule';

/** A constant of the type of the data, with `after` trailing dimensions of 1. */
function like(node: Node, step: Step, base: string, numbers: readonly number[], after?: number): Value {
  const shape = after === undefined ? [] : [numbers.length, ...Array<number>(after).fill(1)];
  const type = step.typeOf(node.input(0));
  // These operators stop inference; float32 is what their kernels took.
  return step.constant(node, base, type?.kind === 'tensor' ? type.dataType : 'float', numbers, shape);
}

/** Makes `node` the operator `opType` over `inputs`. */
function become(node: Node, opType: string, inputs: readonly (Value | undefined)[]): void {
  node.opType = opType;
  node.attributes.clear();
  node.truncateInputs(0);
  inputs.forEach((value, index) => node.setInput(index, value));
}

/** alpha · x + beta */
const affine: Rule = (node, step) => {
  const [alpha, beta] = [
    like(node, step, 'alpha', [node.float('alpha', 1)]),
    like(node, step, 'beta', [node.float('beta', 0)]),
  ];
  become(node, 'Add', [step.insert(node, 'Mul', [node.input(0), alpha]), beta]);
};

/** scale · x + bias, the bias by channel of NCHW. */
const imageScaler: Rule = (node, step) => {
  const scale = like(node, step, 'scale', [node.float('scale', 1)]);
  const bias = like(node, step, 'bias', node.floats('bias') ?? [0], 2);
  become(node, 'Add', [step.insert(node, 'Mul', [node.input(0), scale]), bias]);
};

/** Border [left, top, right, bottom] off NCHW; with `scale` [height, width] only what fits from the top left. */
const crop: Rule = (node, step) => {
  const border = node.ints('border');
  const size = node.ints('scale');
  if (border?.length !== 4) throw new CannotUpgrade('attribute border does not hold four numbers');
  const [left, top, right, bottom] = border as [number, number, number, number];
  const farEnd = 2 ** 31 - 1;
  const ends = size?.length === 2 ? [top + size[0]!, left + size[1]!] : [-bottom || farEnd, -right || farEnd];
  const vector = (base: string, numbers: number[]): Value => step.constant(node, base, 'int64', numbers);
  become(node, 'Slice', [node.input(0), vector('starts', [top, left]), vector('ends', ends), vector('axes', [2, 3])]);
};

/** alpha · tanh(beta · x) */
const scaledTanh: Rule = (node, step) => {
  const [alpha, beta] = [
    like(node, step, 'alpha', [node.float('alpha', 1)]),
    like(node, step, 'beta', [node.float('beta', 1)]),
  ];
  become(node, 'Mul', [step.insert(node, 'Tanh', [step.insert(node, 'Mul', [node.input(0), beta])]), alpha]);
};

/** alpha · log(1 + exp(beta · x)) */
const parametricSoftplus: Rule = (node, step) => {
  const [alpha, beta] = [
    like(node, step, 'alpha', [node.float('alpha', 1)]),
    like(node, step, 'beta', [node.float('beta', 1)]),
  ];
  become(node, 'Mul', [step.insert(node, 'Softplus', [step.insert(node, 'Mul', [node.input(0), beta])]), alpha]);
};

const scale: Rule = (node, step) => {
  become(node, 'Mul', [node.input(0), like(node, step, 'scale', [node.float('scale', 1)])]);
};

/** Slice took over its inputs in version 10. */
const dynamicSlice: Rule = (node) => {
  node.opType = 'Slice';
};

/** Normalized over the batch and the positions, and over the channels when asked. */
const meanVariance: Rule = (node) => {
  const acrossChannels = node.int('across_channels', 0) !== 0;
  if (node.int('normalize_variance', 1) === 0) throw new CannotUpgrade('it leaves the variance as it is');
  node.attributes.clear();
  if (acrossChannels) node.setAttribute(Attribute.ints('axes', [0, 1, 2, 3]));
};

const gone: Rule = () => {
  throw new CannotUpgrade('it was experimental and is gone');
};

/** Rules by operator. */
export const experimentalRules: Rules = {
  Affine: { 10: affine },
  ImageScaler: { 10: imageScaler },
  Crop: { 10: crop },
  ScaledTanh: { 10: scaledTanh },
  ParametricSoftplus: { 10: parametricSoftplus },
  Scale: { 10: scale },
  DynamicSlice: { 10: dynamicSlice },
  MeanVarianceNormalization: { 9: meanVariance },
  ATen: { 10: gone },
  GRUUnit: { 10: gone },
  GivenTensorFill: { 10: gone },
};
