/** Weights, biases and constant operands as integers, with what restores them. */
import { Attribute } from '../../graph/attribute';
import { type ConstantSource, removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';
import { channelLayout, ChannelRange, type Noise, quantizationParameters, Quantizer } from '../../numerics/quantize';
import { type Group } from './parameters';
import { type StaticPlan } from './plan';
import { addInitializer, addNumbers, type StoredParameters } from './storedParameters';
import { axisOf, type Unit } from './units';
import { codeBias, type CodedWeight, readConstant, scalesForBias } from './weights';

/** What a unit's weights take afterwards, and what was lost. */
export interface Written {
  readonly bytesAfter: number;
  readonly noise?: Noise;
}

/** Where graphs and nodes of the plan's model are in the one that is written. */
export interface Twins {
  readonly graphs: ReadonlyMap<Graph, Graph>;
  readonly nodes: ReadonlyMap<Node, Node>;
}

/** Codes, scale and zero point, as DequantizeLinear reads them; the last may go unsaid. */
type Stored = readonly [codes: Value, scale: Value, zeroPoint?: Value];

/**
 * Scales of a bias that a product of two initializers saves so many bytes are written as that. Fewer are not worth a third
 * of a millisecond, which ONNX Runtime takes to fold a node when it loads the model.
 */
const leastSaved = 256;

/** Writes what units read that is constant; one use per model. */
export class OperandWriter {
  /** Weights with and without a zero point. */
  private readonly weights = { spelt: new Map<CodedWeight, Stored>(), bare: new Map<CodedWeight, Stored>() };
  private readonly constants = new Map<string, Stored>();
  /** What restores a constant, for each graph that reads it: runtimes fuse only what is in one graph. */
  private readonly restored = new Map<Graph, Map<Stored, Value>>();

  constructor(
    private readonly plan: StaticPlan,
    private readonly twins: Twins,
    private readonly groupOf: (value: Value) => Group,
    private readonly parameters: StoredParameters,
  ) {}

  /** Weights, bias and constant operands of a selected unit. */
  write(unit: Unit): Written {
    const node = this.twins.nodes.get(unit.node)!;
    const before = [...node.inputs];
    let bytesAfter = 0;
    let noise: Noise | undefined;
    if (unit.weight) {
      const coded = this.weightOf(unit, unit.weight);
      noise = coded.noise;
      const base = before[unit.rule.weight!]!.name;
      const weight = this.storedWeight(coded, unit, base);
      node.setInput(unit.rule.weight!, this.restore(node, base, weight, coded.axis));
      bytesAfter += coded.bytes.length + coded.scales.byteLength;
      if (unit.bias) bytesAfter += this.writeBias(unit, unit.bias, coded, weight, node);
    }
    for (const index of unit.constants) node.setInput(index, this.constantValue(unit, index, node));
    for (const input of new Set(before)) if (input) removeUnused(input, node.graph!);
    return { bytesAfter, ...(noise && { noise }) };
  }

  private weightOf(unit: Unit, source: ConstantSource): CodedWeight {
    const { weights } = this.plan;
    const axis = axisOf(unit);
    const coded = weights.code(source, axis);
    if (!unit.bias) return coded;
    const { scale } = this.inputGroup(unit).parameters;
    const least = scalesForBias(this.biasValues(unit, unit.bias, coded), scale, coded.scales);
    return least ? weights.code(source, axis, least) : coded;
  }

  private inputGroup({ node, data }: Unit): Group {
    return this.groupOf(node.input(data[0]!)!);
  }

  /** One number for each output channel, also where the file has one for all. */
  private biasValues({ node }: Unit, bias: ConstantSource, { shape }: CodedWeight): Float32Array {
    const { values } = readConstant(bias);
    if (!node.is('Gemm') || values.length !== 1) return values;
    return new Float32Array(shape[node.int('transB', 0) !== 0 ? 0 : 1]!).fill(values[0]!);
  }

  private storedWeight(coded: CodedWeight, { node, weight, biasAt }: Unit, base: string): Stored {
    // ONNX Runtime fuses Gemm only where it finds a zero point; elsewhere 0 goes without saying.
    const isGemm = node.is('Gemm') || biasAt !== undefined;
    const spelt = !this.plan.formats.forCpu || isGemm || coded.zeroPoints.some((zero) => zero !== 0);
    const known = this.weights[spelt ? 'spelt' : 'bare'];
    let stored = known.get(coded);
    if (!stored) {
      const { type, shape, bytes, axis, scales, zeroPoints } = coded;
      const graph = this.twins.graphs.get(weight!.graph)!;
      const channels = axis === undefined ? undefined : scales.length;
      const codes = addInitializer(graph, Tensor.ofBytes(`${base}_quantized`, type, shape, bytes));
      const scale = addNumbers(graph, `${base}_scale`, 'float', channels === undefined ? [] : [channels], scales);
      // Channels of a weight all have one zero point.
      stored = spelt ? [codes, scale, this.parameters.zeroPoint(type, zeroPoints[0]!, channels)] : [codes, scale];
      known.set(coded, stored);
    }
    return stored;
  }

  private writeBias(unit: Unit, bias: ConstantSource, coded: CodedWeight, weight: Stored, node: Node): number {
    const index = unit.biasAt?.index ?? unit.rule.bias!;
    const reader = unit.biasAt ? this.twins.nodes.get(unit.biasAt.node)! : node;
    const before = reader.input(index);
    const base = bias.root.name;
    const input = this.inputGroup(unit);
    const { values, scales } = codeBias(this.biasValues(unit, bias, coded), input.parameters.scale, coded.scales);
    const key = `${base}|${scales.join()}`;
    let stored = this.constants.get(key);
    if (!stored) {
      const graph = this.twins.graphs.get(bias.graph)!;
      const codes = Tensor.ofBytes(`${base}_quantized`, 'int32', [values.length], bytesOf(values));
      const name = `${base}_quantized_scale`;
      const [inputScale] = this.parameters.of(input);
      const saved = scales.byteLength - inputScale.name.length - weight[1].name.length;
      const scale =
        this.plan.formats.forCpu && graph === node.graph && saved >= leastSaved
          ? productOf(inputScale, weight[1], name, node)
          : addNumbers(graph, name, 'float', coded.axis === undefined ? [] : [scales.length], scales);
      // The zero point of int32 is 0, said or not.
      stored = [addInitializer(graph, codes), scale];
      this.constants.set(key, stored);
    }
    reader.setInput(index, this.restore(node, base, stored, coded.axis === undefined ? undefined : 0));
    if (unit.biasAt && before) removeUnused(before, reader.graph!);
    return values.byteLength;
  }

  /** A constant operand, coded by its own range as an activation would be. */
  private constantValue(unit: Unit, index: number, before: Node): Value {
    const base = unit.node.input(index)!.name;
    let stored = this.constants.get(base);
    if (!stored) {
      const { activation, activationRange, symmetric } = this.plan.formats;
      const operand = unit.operands.get(index)!;
      const graph = this.twins.graphs.get(operand.graph)!;
      const { values, shape } = readConstant(operand);
      const layout = channelLayout(shape);
      const reals = new ChannelRange(layout);
      reals.add(values);
      const { scale, zeroPoint } = quantizationParameters(reals.min[0]!, reals.max[0]!, activationRange, symmetric);
      const quantizer = new Quantizer(layout, Float32Array.of(scale), Int32Array.of(zeroPoint), activationRange);
      const codes = quantizer.quantize(values, new arrays[activation](values.length));
      stored = [
        addInitializer(graph, Tensor.ofBytes(`${base}_quantized`, activation, shape, bytesOf(codes))),
        addNumbers(graph, `${base}_scale`, 'float', [], [scale]),
        this.parameters.zeroPoint(activation, zeroPoint),
      ];
      this.constants.set(base, stored);
    }
    return this.restore(before, base, stored);
  }

  /** What restores stored codes in the graph of `before`, which is the first there to read them. */
  private restore(before: Node, base: string, stored: Stored, axis?: number): Value {
    const graph = before.graph!;
    const here = this.restored.get(graph) ?? new Map<Stored, Value>();
    this.restored.set(graph, here);
    let output = here.get(stored);
    if (!output) {
      output = new Value(graph.uniqueName(`${base}_DQ`));
      const attributes = axis === undefined ? [] : [Attribute.int('axis', axis)];
      graph.insertBefore(
        before,
        new Node({ opType: 'DequantizeLinear', inputs: stored, outputs: [output], attributes }),
      );
      here.set(stored, output);
    }
    return output;
  }
}

function productOf(a: Value, b: Value, name: string, before: Node): Value {
  const graph = before.graph!;
  const product = new Value(graph.uniqueName(name));
  graph.insertBefore(before, new Node({ opType: 'Mul', inputs: [a, b], outputs: [product] }));
  return product;
}

const arrays = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array } as const;
