/** Scales channels where they are made and takes it back where they are read: the model computes what it did. */
import { countElements } from '../../graph/shape';
import { constantInput, floatTensor, setConstantInput } from './constant';
import { biasOf, setBias } from './bias';
import { type Layer, rescaled } from './layer';
import { type Operand, type Trace } from './trace';

/** Factor of the class of a channel: what its values are multiplied by. */
export type FactorOf = (id: number) => number;

/** Multiplies the channels of each class by its factor. Weights are changed one at a time, each once. */
export function rescaleChannels({ producers, consumers, norms, addends }: Trace, factorOf: FactorOf): void {
  const sides = new Map<Layer['node'], { layer: Layer; made?: Int32Array; read?: Int32Array }>();
  for (const { layer, ids } of producers) sides.set(layer.node, { layer, made: ids });
  for (const { layer, ids } of consumers) {
    if (ids.length > 0) sides.set(layer.node, { ...(sides.get(layer.node) ?? { layer }), read: ids });
  }
  for (const { layer, made, read } of sides.values()) {
    const outputs = made && factorsOf(made, factorOf);
    const inputs = read && factorsOf(read, factorOf);
    if (!outputs && !inputs) continue;
    const { node, weight } = layer;
    const bias = outputs && biasOf(layer);
    setConstantInput(node, 1, floatTensor(weight.shape, rescaled(layer, outputs, inputs)));
    if (bias && node.input(2))
      setBias(
        layer,
        bias.map((value, channel) => value * outputs[channel]!),
      );
  }
  for (const operand of [...norms, ...addends]) rescaleOperand(operand, factorOf);
}

/** The factors of some channels; undefined when all are 1. */
export function factorsOf(ids: Int32Array, factorOf: FactorOf): Float64Array | undefined {
  const factors = Float64Array.from(ids, factorOf);
  return factors.every((factor) => factor === 1) ? undefined : factors;
}

function rescaleOperand({ node, index, ids, axis }: Operand, factorOf: FactorOf): void {
  const factors = factorsOf(ids, factorOf);
  const constant = factors && constantInput(node, index);
  if (!constant) return;
  const values = constant.read();
  if (values.every((value) => value === 0)) return;
  // A constant that was one for all channels gets one for each.
  const shape = [...new Array<number>(Math.max(0, -axis - constant.shape.length)).fill(1), ...constant.shape];
  const at = shape.length + axis;
  const inner = countElements(shape.slice(at + 1));
  const own = shape[at]!;
  const outer = values.length / (inner * own);
  const channels = ids.length;
  const out = new Float32Array(outer * channels * inner);
  for (let position = 0; position < out.length; position++) {
    const channel = Math.floor(position / inner) % channels;
    const block = Math.floor(position / (inner * channels));
    const source = (block * own + (own === 1 ? 0 : channel)) * inner + (position % inner);
    out[position] = values[source]! * factors[channel]!;
  }
  setConstantInput(
    node,
    index,
    floatTensor(
      shape.map((dim, i) => (i === at ? channels : dim)),
      out,
    ),
  );
}
