/** Weights that a model puts together from constants as it runs: exporters reorder the gates of recurrent layers so. */
import { constantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, toFloat32, toNumbers } from '../../numerics/elements';
import { transpose } from '../../numerics/transpose';

interface Floats {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Operators in a row, at most. */
const deepest = 8;

/** The float32 tensor that Slice, Concat, Squeeze and Unsqueeze of constants make; undefined for anything else. */
export function assembledConstant(value: Value): Tensor | undefined {
  const made = value.producer && isAssembly(value.producer) ? floatsOf(value, 0) : undefined;
  return made && Tensor.ofBytes(value.name, 'float', made.shape, bytesOf(made.values));
}

const isAssembly = (node: Node): boolean =>
  node.domain === '' && ['Slice', 'Concat', 'Squeeze', 'Unsqueeze'].includes(node.opType);

function floatsOf(value: Value, depth: number): Floats | undefined {
  const graph = value.producer?.graph;
  const source = constantSource(value, graph ?? value.consumers()[0]!.graph!);
  if (source) {
    const { tensor, perm } = source;
    if (tensor.dataType !== 'float') return undefined;
    const values = toFloat32('float', tensor.bytes(), tensor.size);
    if (!perm) return { values, shape: tensor.shape };
    return { values: transpose(values, tensor.shape, perm), shape: perm.map((axis) => tensor.shape[axis]!) };
  }
  const node = value.producer;
  if (!node || depth >= deepest || !isAssembly(node)) return undefined;
  const parts = (node.is('Concat') ? node.inputs : node.inputs.slice(0, 1)).map(
    (input) => input && floatsOf(input, depth + 1),
  );
  const known = parts.filter((part) => part !== undefined);
  if (known.length === 0 || known.length < parts.length) return undefined;
  switch (node.opType) {
    case 'Concat':
      return joined(known, positive(node.int('axis', 0), known[0]!.shape.length));
    case 'Slice':
      return sliced(known[0]!, node);
    default:
      return reshaped(known[0]!, node);
  }
}

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

function joined(parts: readonly Floats[], axis: number): Floats {
  const { shape } = parts[0]!;
  const outer = product(shape.slice(0, axis));
  const along = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const values = new Float32Array(parts.reduce((size, part) => size + part.values.length, 0));
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const part of parts) {
      const length = part.values.length / outer;
      values.set(part.values.subarray(row * length, (row + 1) * length), at);
      at += length;
    }
  }
  return { values, shape: shape.map((dim, index) => (index === axis ? along : dim)) };
}

/** Attribute (before opset 10, 13) or input of whole numbers; undefined when it is computed. */
function numbersOf(node: Node, attribute: string, index: number): number[] | undefined {
  const given = node.ints(attribute);
  if (given) return [...given].map(Number);
  const source = node.input(index) && constantSource(node.input(index)!, node.graph!);
  return source && toNumbers(source.tensor.dataType, source.tensor.bytes(), source.tensor.size);
}

function sliced(whole: Floats, node: Node): Floats | undefined {
  const rank = whole.shape.length;
  const [starts, ends] = [numbersOf(node, 'starts', 1), numbersOf(node, 'ends', 2)];
  const axes = numbersOf(node, 'axes', 3) ?? (node.input(3) ? undefined : starts?.map((_, axis) => axis));
  const steps = node.input(4) ? numbersOf(node, 'steps', 4) : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps || steps.some((step) => step !== 1)) return undefined;
  let result = whole;
  axes.forEach((given, index) => {
    const axis = positive(given, rank);
    const along = result.shape[axis]!;
    const bound = (at: number): number => Math.min(Math.max(at < 0 ? at + along : at, 0), along);
    const [from, to] = [bound(starts[index]!), bound(ends[index]!)];
    result = part(result, axis, from, Math.max(from, to));
  });
  return result;
}

function part({ values, shape }: Floats, axis: number, from: number, to: number): Floats {
  const outer = product(shape.slice(0, axis));
  const inner = product(shape.slice(axis + 1));
  const along = shape[axis]!;
  const out = new Float32Array(outer * (to - from) * inner);
  for (let row = 0; row < outer; row++) {
    const start = row * along * inner;
    out.set(values.subarray(start + from * inner, start + to * inner), row * (to - from) * inner);
  }
  return { values: out, shape: shape.map((dim, index) => (index === axis ? to - from : dim)) };
}

function reshaped({ values, shape }: Floats, node: Node): Floats | undefined {
  const axes = numbersOf(node, 'axes', 1);
  if (node.is('Squeeze')) {
    if (!axes && node.input(1)) return undefined;
    const gone = axes?.map((axis) => positive(axis, shape.length));
    return { values, shape: shape.filter((dim, axis) => (gone ? !gone.includes(axis) : dim !== 1)) };
  }
  if (!axes) return undefined;
  const rank = shape.length + axes.length;
  const added = axes.map((axis) => positive(axis, rank));
  const kept = shape.values();
  return { values, shape: Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : kept.next().value!)) };
}
