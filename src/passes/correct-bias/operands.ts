/** Vectors in a quantized model that can be added to: float32, or int32 behind DequantizeLinear. */
import { Attribute } from '../../graph/attribute';
import { constantSource } from '../../graph/constants';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers, toFloat64 } from '../../numerics/elements';
import { constantInput, floatTensor, setConstantInput } from '../../pass/channels/constant';

/** One number for each channel; `add` stores what comes nearest to the sum. */
export type AddTo = (change: ArrayLike<number>) => void;

/** The vector of `channels` numbers at an input; undefined when there is none that can be added to. */
export function vectorAt(node: Node, index: number, channels: number): AddTo | undefined {
  const value = node.input(index);
  return value && (floatVector(node, index, channels) ?? int32Vector(value, channels));
}

const isVector = (shape: readonly number[], channels: number): boolean =>
  shape.at(-1) === channels && shape.every((dim, axis) => dim === 1 || axis === shape.length - 1);

function floatVector(node: Node, index: number, channels: number): AddTo | undefined {
  const constant = constantInput(node, index);
  if (!constant || !isVector(constant.shape, channels)) return undefined;
  return (change) => {
    const values = constantInput(node, index)!.read();
    setConstantInput(
      node,
      index,
      floatTensor(
        constant.shape,
        values.map((each, channel) => each + change[channel]!),
      ),
    );
  };
}

/** A bias of the QDQ form: int32, zero point 0, one scale or one for each channel. */
function int32Vector(value: Value, channels: number): AddTo | undefined {
  const node = value.producer;
  if (!node?.is('DequantizeLinear') || value.useCount !== 1) return undefined;
  const stored = node.input(0) && constantSource(node.input(0)!, node.graph!);
  const scales = scalesOf(node);
  if (stored?.tensor.dataType !== 'int32' || stored.perm || !isVector(stored.tensor.shape, channels)) return undefined;
  if (!scales || (scales.length !== 1 && scales.length !== channels)) return undefined;
  return (change) => {
    const { tensor } = constantSource(node.input(0)!, node.graph!)!;
    const before = toFloat64('int32', tensor.bytes(), channels);
    const after = before.map((each, channel) => {
      const scale = scales[scales.length === 1 ? 0 : channel]!;
      return clampInt32(each + change[channel]! / scale);
    });
    setConstantInput(node, 0, Tensor.ofBytes('', 'int32', tensor.shape, fromNumbers('int32', after)));
  };
}

const clampInt32 = (value: number): number => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));

/**
 * A bias for a layer that has none: int32 at the scale that the rule asks for (input scale · weight scale) where both
 * are quantized, as runtimes fuse it; float32 where the arithmetic is float. Undefined where neither is known.
 */
export function newBias(node: Node, channels: number): AddTo | undefined {
  const [input, weight] = [dequantized(node.input(0)), dequantized(node.input(1))];
  const graph = node.graph!;
  const base = `${node.input(1)!.name}_bias`;
  if (!input) {
    return (change) => {
      const tensor = floatTensor([channels], Float32Array.from(change), graph.uniqueName(base));
      node.setInput(2, graph.addInitializer(tensor));
    };
  }
  if (input.length !== 1 || !weight || (weight.length !== 1 && weight.length !== channels)) return undefined;
  return (change) => {
    const scales = weight.map((scale) => scale * input[0]!);
    const codes = Array.from({ length: channels }, (_, channel) =>
      clampInt32(change[channel]! / scales[scales.length === 1 ? 0 : channel]!),
    );
    const name = graph.uniqueName(`${base}_quantized`);
    const shape = scales.length === 1 ? [] : [channels];
    const stored = graph.addInitializer(Tensor.ofBytes(name, 'int32', [channels], fromNumbers('int32', codes)));
    const scale = graph.addInitializer(floatTensor(shape, scales, graph.uniqueName(`${base}_scale`)));
    const output = graph.newValue(`${base}_DequantizeLinear_Output`);
    const attributes = scales.length === 1 ? [] : [Attribute.int('axis', 0)];
    const init = { opType: 'DequantizeLinear', name: `${base}_DequantizeLinear`, attributes };
    graph.insertBefore(node, new Node({ ...init, inputs: [stored, scale], outputs: [output] }));
    node.setInput(2, output);
  };
}

/** The constant scales that a value is restored with; undefined when it is not dequantized. */
function dequantized(value: Value | undefined): Float32Array | undefined {
  const node = value?.producer;
  return node?.is('DequantizeLinear') ? scalesOf(node) : undefined;
}

/** The constant scales of a DequantizeLinear, also where they are written as a product (input scale · weight scales). */
function scalesOf(node: Node): Float32Array | undefined {
  const given = constantInput(node, 1);
  const product = node.input(1)?.producer;
  if (given || !product?.is('Mul')) return given?.read();
  const [a, b] = [constantInput(product, 0)?.read(), constantInput(product, 1)?.read()];
  const [one, many] = a?.length === 1 ? [a, b] : [b, a];
  return one?.length === 1 ? many?.map((scale) => scale * one[0]!) : undefined;
}
