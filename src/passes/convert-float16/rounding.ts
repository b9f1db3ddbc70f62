/**
 * ONNX Runtime's CPU kernels compute float16 layers in float32 and leave out every rounding in between, so that a model
 * looks better there than on a device that stores its values in float16. Here a model is made that rounds everywhere.
 */
import { Attribute } from '../../graph/attribute';
import { cloneModel } from '../../graph/clone';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';
import { type Conversion } from './convert';
import { isMover } from './rules';

/** A model that rounds, and the names of the rounded values by the names of what they were rounded from. */
export interface Rounded {
  readonly model: Model;
  readonly names: ReadonlyMap<string, string>;
}

/**
 * A copy of a conversion in which each float16 value is rounded by arithmetic in float32 (casts alone would be taken
 * away): clamped to ±65504; then to 11 significant bits, r = c − (c − x) with c = (2^13 + 1)·x (Dekker, A Floating-Point
 * Technique for Extending the Available Precision, 1971); then to multiples of 2^-24, the step of float16's smallest
 * numbers, by adding and taking away 0.75, where float32 has just that step.
 */
export function withRounding({ model, rewriting }: Conversion): Rounded {
  const copy = cloneModel(model);
  const halves = new Set([...rewriting.halves.values()].map(({ name }) => name));
  const names = new Map<string, string>();
  const constants = new Map([65504, -65504, 8193, 0.75].map((number) => [number, constant(copy.graph, number)]));
  for (const node of [...copy.graph.allNodes()]) {
    // What only moves elements hands on what is rounded already, but for casts from other types.
    if (node.is('Constant') || (isMover(node) && !node.is('Cast')) || !node.graph) continue;
    // A value that comes from float32 is rounded where it is cast: runtimes take such a cast away as well.
    const border = node.is('Cast') && node.int('to', 0) === 10;
    for (const value of node.outputs) {
      if (!value || !(border || halves.has(value.name))) continue;
      names.set(value.name, round(value, node, node.graph, constants, copy.opset < 11).name);
    }
  }
  return { model: copy, names };
}

function constant(graph: Graph, value: number): Value {
  const name = graph.uniqueName(`rounding_${value}`);
  return graph.addInitializer(Tensor.ofBytes(name, 'float', [], bytesOf(Float32Array.of(value))));
}

function round(
  value: Value,
  producer: Node,
  graph: Graph,
  constants: ReadonlyMap<number, Value>,
  /** Clip takes its bounds as attributes. */
  clips: boolean,
): Value {
  const readers = value.uses();
  let last = producer;
  const emit = (opType: string, inputs: readonly Value[], attributes: readonly Attribute[] = []): Value => {
    const output = graph.newValue(`${value.name}_${opType}`);
    last = graph.insertAfter(last, new Node({ opType, inputs, outputs: [output], attributes }));
    return output;
  };
  const number = (of: number): Value => constants.get(of)!;
  const wide = emit('Cast', [value], [Attribute.int('to', 1)]);
  const clamped = clips
    ? emit('Clip', [wide], [Attribute.float('min', -65504), Attribute.float('max', 65504)])
    : emit('Clip', [wide, number(-65504), number(65504)]);
  const scaled = emit('Mul', [clamped, number(8193)]);
  const short = emit('Sub', [scaled, emit('Sub', [scaled, clamped])]);
  const rounded = emit('Sub', [emit('Add', [short, number(0.75)]), number(0.75)]);
  const result = emit('Cast', [rounded], [Attribute.int('to', 10)]);
  for (const { node, index } of readers) node.setInput(index, result);
  return result;
}
