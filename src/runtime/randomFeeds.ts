/**
 * Typed random inputs: what a model can be run with when there is no data. Seeded, so that reports repeat; kept within
 * what inputs of that name and type usually mean, so that a model does not fail on an index out of range.
 */
import { type DataType, familyOf } from '../graph/dataType';
import { Expression } from '../graph/expression';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { countElements } from '../graph/shape';
import { type Value } from '../graph/value';
import { fromNumbers, nativeView } from '../numerics/elements';
import { Random } from '../numerics/random';
import { LapidaryError } from '../protocol/errors';
import { type Feeds, type PortInfo, type RuntimeTensor } from './port';

/** What random inputs depend on beside the ports themselves. */
export interface RandomFeedsOptions {
  readonly seed?: number;
  /** Values of symbolic dimensions; those without one are 1. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Whole shapes of inputs by name; they win over `dims`. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Exclusive upper bound of an integer input by name: see `indexBounds`. */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** One random tensor for every port; floats are standard normal, integers small and non-negative. */
export function randomFeeds(ports: readonly PortInfo[], options: RandomFeedsOptions = {}): Feeds {
  const random = new Random(options.seed ?? 0);
  const shapes = ports.map((port) => bindShape(port, options));
  const sequence = Math.max(1, ...shapes.map((shape) => (shape.length >= 2 ? shape[1]! : 1)));
  const entries = ports.map((port, index) => {
    return [port.name, randomTensor(port, shapes[index]!, sequence, random, options)] as const;
  });
  return Object.fromEntries(entries);
}

/** Inputs of a model as ports, without those that have a default (initializers). Dimensions that `dims` binds are numbers. */
export function inputPorts(model: Model, dims: Readonly<Record<string, number>> = {}): PortInfo[] {
  const bindings = new Map(Object.entries(dims));
  const { inputs } = model.graph;
  return inputs
    .filter((input) => input.constant === undefined)
    .map(({ name, type }) => {
      if (type?.kind !== 'tensor') return { name };
      const shape = type.shape?.map((dim) => {
        if (dim === null) return '';
        return dim instanceof Expression ? (dim.evaluate(bindings) ?? dim.key) : dim;
      });
      return { name, dataType: type.dataType, shape };
    });
}

/** Size of the table that an integer input indexes (embeddings), by input name, where the graph shows it. */
export function indexBounds(model: Model): Record<string, number> {
  const bounds: Record<string, number> = {};
  for (const input of model.graph.inputs) {
    const bound = boundOf(input, new Set());
    if (bound !== undefined) bounds[input.name] = bound;
  }
  return bounds;
}

/** Operators through which an index passes unchanged. */
const carriers = new Set(
  'Cast Identity Reshape Squeeze Unsqueeze Flatten Transpose Expand Slice Concat Split Where'.split(' '),
);

function boundOf(value: Value, seen: Set<Node>): number | undefined {
  let bound: number | undefined;
  for (const { node, index } of value.uses()) {
    if (seen.has(node)) continue;
    seen.add(node);
    let found: number | undefined;
    if (node.is('Gather') && index === 1) found = sizeAlong(node.input(0), node.int('axis', 0));
    else if (node.is('EmbedLayerNormalization', 'com.microsoft')) found = sizeAlong(node.input(index + 2), 0);
    else if (carriers.has(node.opType) && node.output(0)) found = boundOf(node.output(0)!, seen);
    if (found !== undefined) bound = Math.min(bound ?? found, found);
  }
  return bound;
}

function sizeAlong(table: Value | undefined, axis: number): number | undefined {
  const shape = table?.constant?.shape ?? (table?.type?.kind === 'tensor' ? table.type.shape : undefined);
  const size = shape?.[axis < 0 ? axis + shape.length : axis];
  return typeof size === 'number' ? size : undefined;
}

function bindShape(port: PortInfo, { dims, inputShapes }: RandomFeedsOptions): readonly number[] {
  const given = inputShapes?.[port.name];
  if (given) return given;
  return (port.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : (dims?.[dim] ?? 1)));
}

function randomTensor(
  { name, dataType }: PortInfo,
  shape: readonly number[],
  sequence: number,
  random: Random,
  options: RandomFeedsOptions,
): RuntimeTensor {
  const count = countElements(shape);
  const family = dataType && familyOf(dataType);
  if (dataType === 'string') {
    return { dataType, shape, data: Array.from({ length: count }, (_, i) => words[i % words.length]!) };
  }
  if (dataType === undefined || family === 'complex' || family === 'none') {
    throw new LapidaryError(
      'unsupported',
      `No random value can be made for input "${name}": ${dataType ?? 'not a tensor'}.`,
      {
        tensor: name,
        hint: 'Run this model on data instead.',
      },
    );
  }
  const next = elementMaker(
    name,
    dataType,
    { last: shape.at(-1) ?? 1, sequence, bound: options.bounds?.[name] },
    random,
  );
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index++) numbers[index] = next(index);
  return { dataType, shape, data: nativeView(dataType, fromNumbers(dataType, numbers)) };
}

const words = ['stone', 'facet', 'polish', 'grain'];

/** What is known around an integer input: its last dimension, the length of sequences, the size of its table. */
interface Surroundings {
  readonly last: number;
  readonly sequence: number;
  readonly bound?: number;
}

/** Elements by what the name and the type of an input usually mean. */
function elementMaker(
  port: string,
  dataType: DataType,
  { last, sequence, bound }: Surroundings,
  random: Random,
): (index: number) => number {
  const name = port.toLowerCase();
  const family = familyOf(dataType);
  const below = (limit: number): (() => number) => {
    const top = Math.max(1, Math.min(limit, bound ?? limit));
    return () => random.integer(top);
  };
  if (/mask/.test(name)) return () => 1;
  if (family === 'float') return () => random.normal();
  if (family === 'bool') return () => random.integer(2);
  if (/(^|_)(sr|sampl(e|ing)_?rate)$/.test(name)) return () => 16000;
  if (/pos(ition)?s?(_?ids?)?$/.test(name)) return (index) => index % Math.max(1, Math.min(last, bound ?? last));
  if (/len(gth)?s?$/.test(name)) return () => sequence;
  if (/segment|token_?type/.test(name)) return below(2);
  if (bound !== undefined) return below(2 ** 15);
  if (dataType === 'uint8') return below(256);
  if (dataType === 'int8') return () => random.integer(256) - 128;
  return below(/ids?$|token/.test(name) ? 32 : 4);
}
