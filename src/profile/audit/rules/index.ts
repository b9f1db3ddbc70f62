/**
 * Why a layer does not run in int8: the rules by which ONNX Runtime's CPU provider fuses DequantizeLinear → layer →
 * QuantizeLinear, as found by running models that keep and break them (rules.test.ts does it again).
 */
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { type BrokenRule } from './broken';
import { outputRule } from './output';
import { dequantizerOf, isConstantOperand, parametersOf, quantizersOf, sameParameters } from './surroundings';
import { weightOnlyRule } from './weightOnly';

/** Operators with an int8 kernel of their own. */
const kernels: ReadonlySet<string> = new Set(
  'Conv MatMul Gemm Add Mul Sigmoid Softmax LeakyRelu AveragePool GlobalAveragePool Concat Where'.split(' '),
);

/** Operators that run on codes as they are when input and output share scale and zero point. */
const movers: ReadonlySet<string> = new Set(
  'MaxPool Reshape Transpose Flatten Squeeze Unsqueeze Gather GatherElements Slice Split Resize Expand'.split(' '),
);

/** How many leading inputs hold real numbers; all of them where nothing is said. */
const operands: Readonly<Record<string, number>> = {
  Conv: 2, MatMul: 2, Gemm: 2, ConvTranspose: 2, Add: 2, Mul: 2, Sub: 2, Div: 2, Concat: Infinity, PRelu: 2,
}; // prettier-ignore

/** The rule that a layer broke whose work `runtimeNode` does in float. */
export function ruleBroken(node: Node, runtimeNode: Node): BrokenRule {
  const broken = ruleOf(node);
  return (broken.rule === 'unknown' ? convertedRule(runtimeNode) : undefined) ?? broken;
}

/**
 * On some processors the runtime first turns int8 activations into uint8, but only where a conversion has a single
 * reader; where the two sides of a layer come out different, no kernel takes them.
 */
function convertedRule(runtimeNode: Node): BrokenRule | undefined {
  const before = dequantizerOf(runtimeNode.input(0));
  const after = quantizersOf(runtimeNode.output(0))[0];
  const [from, to] = [before && parametersOf(before)?.type, after && parametersOf(after)?.type];
  if (!from || !to || from === to) return undefined;
  const reason = `ONNX Runtime turned int8 activations into uint8 on one side of it only (${from} in, ${to} out), which no kernel takes: uint8 activations avoid it.`;
  return { rule: 'element-types', reason };
}

/** The rule that a layer breaks by what stands around it in the graph; `unknown` when it should fuse. */
export function ruleOf(node: Node): BrokenRule {
  const { opType, graph } = node;
  const inputs = node.inputs.slice(0, operands[opType] ?? 1).filter((value): value is Value => value !== undefined);
  const activations = inputs.filter((value) => !graph || !isConstantOperand(value, graph));
  const weights = inputs.filter((value) => !activations.includes(value));
  const output = node.output(0);
  const isFed = activations.some((value) => dequantizerOf(value));
  const isClip = opType === 'Relu' || opType === 'Clip';
  if (!isFed && weights.some((value) => dequantizerOf(value))) return weightOnlyRule(node);
  if (isClip) return clipRule(node);
  if (!isFed && quantizersOf(output).length === 0) {
    return { rule: 'not-quantized', reason: 'Neither its inputs nor its output are quantized.' };
  }
  if (!kernels.has(opType) && !movers.has(opType)) {
    return { rule: 'no-int8-kernel', reason: `ONNX Runtime has no int8 ${opType} for CPUs: it computes in float.` };
  }
  return inputRule(activations, weights) ?? formRule(node, inputs) ?? outputRule(node, movers.has(opType));
}

function inputRule(activations: readonly Value[], weights: readonly Value[]): BrokenRule | undefined {
  const plain = activations.find((value) => !dequantizerOf(value));
  if (plain) return { rule: 'input-not-quantized', reason: `Its input "${plain.name}" is not quantized.` };
  const weight = weights.find((value) => !dequantizerOf(value));
  if (!weight) return undefined;
  return { rule: 'weight-not-quantized', reason: `Its constant "${weight.name}" is not quantized.` };
}

/** Types and parameters that the kernel does not take. */
function formRule(node: Node, inputs: readonly Value[]): BrokenRule | undefined {
  const given = inputs.map((value) => parametersOf(dequantizerOf(value)!));
  const quantizer = quantizersOf(node.output(0))[0];
  const out = quantizer && parametersOf(quantizer);
  if (given.includes(undefined) || (quantizer && !out)) {
    const reason = 'A scale or zero point around it is computed; the int8 kernels take constants.';
    return { rule: 'parameters-not-constant', reason };
  }
  const [first, second] = given;
  if (first && out && first.type !== out.type) {
    const reason = `Its input is ${first.type}, its output ${out.type}: the kernels take one type for both.`;
    return { rule: 'element-types', reason };
  }
  if (first && /16$/.test(first.type) && kernels.has(node.opType)) {
    return { rule: 'element-types', reason: `There is no ${node.opType} kernel for ${first.type} activations.` };
  }
  const multiplies = /^(Conv|MatMul|Gemm)$/.test(node.opType);
  if (multiplies && first?.type === 'int8' && second && second.type !== 'int8') {
    const reason = `int8 activations need int8 weights; these are ${second.type}.`;
    return { rule: 'element-types', reason };
  }
  if (multiplies && second && /4$|2$|16$/.test(second.type)) {
    return { rule: 'element-types', reason: `There is no ${node.opType} kernel for ${second.type} weights.` };
  }
  if (movers.has(node.opType) && first && out && !sameParameters(first, out)) {
    const reason = `The scale or zero point of its input and its output differ: ${node.opType} only moves codes when they are the same.`;
    return { rule: 'parameters-differ', reason };
  }
  return node.is('Gemm') ? gemmRule(node) : undefined;
}

function gemmRule(node: Node): BrokenRule | undefined {
  const bias = node.input(2);
  if (node.float('beta', 1) !== 1) return { rule: 'bias-form', reason: 'Its beta is not 1, which QGemm cannot do.' };
  const dequantizer = dequantizerOf(bias);
  if (!bias || (dequantizer && parametersOf(dequantizer)?.type === 'int32')) return undefined;
  return { rule: 'bias-form', reason: 'Its bias is not stored as int32, which QGemm needs.' };
}

/** A Relu or Clip is free behind a layer when rounding to codes clips in the same way. */
function clipRule(node: Node): BrokenRule {
  const before = node.input(0)?.producer;
  const quantizer = quantizersOf(node.output(0))[0];
  if (before?.opType === 'DequantizeLinear' || !before || !quantizer) {
    if (!quantizer && !dequantizerOf(node.input(0))) {
      return { rule: 'not-quantized', reason: 'Neither its inputs nor its output are quantized.' };
    }
    const reason = `${node.opType} has no int8 kernel: it is free only between a layer and the QuantizeLinear of that layer's output.`;
    return { rule: 'no-int8-kernel', reason };
  }
  return outputRule(before, false);
}
