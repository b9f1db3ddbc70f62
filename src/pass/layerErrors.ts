/** How far a compressed model has moved away from the original at the output of each layer: error as it accumulates. */
import { constantSource } from '../graph/constants';
import { familyOf } from '../graph/dataType';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { type Value } from '../graph/value';
import { differencePower, sqnrDb } from '../numerics/quantize';
import { type ObserveOptions, valuesOf } from './observe';
import { observePairs, type ValuePair } from './observePairs';
import { numbersOf } from './outputMeter';

/** How to run both models. */
export interface LayerErrorOptions extends Omit<ObserveOptions, 'onPortion'> {
  /** What the compressed model calls a value that has another name there, by the original's name. */
  readonly twins?: ReadonlyMap<string, string>;
}

/**
 * SQNR in dB at the first output of each node in `nodes` (of the original's main graph), by the node's label; Infinity
 * where nothing is lost. A Relu, a Clip, a batch norm or arithmetic with constants that was folded into a layer counts
 * as part of it; a layer whose output the compressed model does not have under that name is left out.
 */
export async function layerErrors(
  original: Model,
  compressed: Model,
  nodes: readonly Node[],
  { twins = new Map(), ...options }: LayerErrorOptions,
): Promise<Map<string, number>> {
  const values = valuesOf(compressed);
  const labels = new Map<string, string>();
  const pairs: ValuePair[] = [];
  for (const node of nodes) {
    // By its own name first: what follows a layer may have become a part of it, and then the twin is not the same value.
    const own = lastOutput(node, values);
    const output = own ?? node.output(0);
    const twin = output && values.get(own ? own.name : (twins.get(output.name) ?? ''));
    if (!output || !twin || labels.has(output.name)) continue;
    labels.set(output.name, node.label);
    pairs.push({ a: output.name, b: asRead(twin).name });
  }
  const sums = new Map<string, { signal: number; noise: number }>();
  const see = (pair: ValuePair, a: Parameters<typeof numbersOf>[0], b: Parameters<typeof numbersOf>[0]): void => {
    if (familyOf(a.dataType) !== 'float' || familyOf(b.dataType) !== 'float') return;
    if (a.shape.join() !== b.shape.join()) return;
    const { signal, noise } = differencePower(numbersOf(a), numbersOf(b));
    if (!Number.isFinite(signal + noise)) return;
    const sum = sums.get(pair.a) ?? { signal: 0, noise: 0 };
    sums.set(pair.a, { signal: sum.signal + signal, noise: sum.noise + noise });
  };
  await observePairs(original, compressed, pairs, see, options);
  return new Map([...sums].map(([name, noise]) => [labels.get(name)!, sqnrDb(noise)]));
}

/** Operators that may have become a part of the layer before them, those of arithmetic with a constant. */
const folded: ReadonlySet<string> = new Set(['Relu', 'Clip', 'BatchNormalization', 'Add', 'Sub', 'Mul', 'Div']);

/** The output of a layer, or of what alone stands behind it and was folded into it. */
function lastOutput(node: Node, values: ReadonlyMap<string, Value>): Value | undefined {
  let output = node.output(0);
  while (output && !values.has(output.name)) {
    const [reader] = output.consumers();
    const others = reader?.inputs.filter((value) => value !== output) ?? [];
    if (!reader || output.useCount !== 1 || !folded.has(reader.opType)) return undefined;
    if (others.some((value) => value && !constantSource(value, reader.graph!))) return undefined;
    output = reader.output(0);
  }
  return output;
}

/** What readers of a value get: where it is quantized, what comes back from the codes. */
function asRead(value: Value): Value {
  const quantize = value.consumers().find(({ opType }) => opType === 'QuantizeLinear');
  const codes = quantize?.output(0);
  const restored = codes?.consumers().find(({ opType }) => opType === 'DequantizeLinear');
  return restored?.output(0) ?? value;
}
