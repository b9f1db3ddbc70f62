/** Puts integers and Q/DQ nodes into a clone of the plan's model. */
import { Attribute } from '../../graph/attribute';
import { type ConstantSource, removeUnused } from '../../graph/constants';
import { type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { bytesOf, fromNumbers } from '../../numerics/elements';
import { channelLayout, ChannelRange, type Noise, quantizationParameters, Quantizer } from '../../numerics/quantize';
import { type Group } from './parameters';
import { type StaticPlan } from './plan';
import { type Selection } from './select';
import { axisOf, type Unit } from './units';
import { codeBias, type CodedWeight, readConstant, scalesForBias } from './weights';

/** What a unit's weights take afterwards, and what was lost. */
export interface Written {
  readonly bytesAfter: number;
  readonly noise?: Noise;
}

/** One use per model. */
export class Writer {
  private readonly graph: Graph;
  private readonly twins = new Map<Node, Node>();
  private readonly values = new Map<string, Value>();
  private readonly parameters = new Map<Group, readonly [scale: Value, zeroPoint: Value]>();
  /** With and without a zero point. */
  private readonly weights = { spelt: new Map<CodedWeight, Value>(), bare: new Map<CodedWeight, Value>() };
  private readonly constants = new Map<string, Value>();

  constructor(
    private readonly plan: StaticPlan,
    model: Model,
    private readonly groupOf: (value: Value) => Group,
  ) {
    this.graph = model.graph;
    for (const input of this.graph.inputs) this.values.set(input.name, input);
    const copies = this.graph.nodes();
    for (const node of plan.model.graph.nodes()) {
      const twin = copies.next().value as Node;
      this.twins.set(node, twin);
      for (const output of twin.outputs) if (output) this.values.set(output.name, output);
    }
  }

  /** Weights, bias and constant operands of a selected unit. */
  write(unit: Unit): Written {
    const node = this.twins.get(unit.node)!;
    const before = [...node.inputs];
    let bytesAfter = 0;
    let noise: Noise | undefined;
    if (unit.weight) {
      const coded = this.weightOf(unit, unit.weight);
      noise = coded.noise;
      node.setInput(unit.rule.weight!, this.weightValue(coded, unit, before[unit.rule.weight!]!.name));
      bytesAfter += coded.bytes.length + coded.scales.byteLength;
      if (unit.bias) bytesAfter += this.writeBias(unit, unit.bias, coded, node);
    }
    for (const index of unit.constants) node.setInput(index, this.constantValue(unit, index, node));
    for (const input of new Set(before)) if (input) removeUnused(input, this.graph);
    return { bytesAfter, ...(noise && { noise }) };
  }

  /** Quantizes what selected units give and read; to be called once, after all weights are written. */
  writeValues({ active, produced, consumed }: Selection): void {
    // Only codes saturate: a tail behind a layer that gives floats still has its work to do.
    for (const unit of active) if (produced.has(unit.outputs[0]!)) this.foldTail(unit);
    const readers = new Map<Value, [Node, number][]>();
    for (const { node, data } of active) {
      for (const index of data) {
        const value = node.input(index)!;
        readers.set(value, [...(readers.get(value) ?? []), [this.twins.get(node)!, index]]);
      }
    }
    for (const value of new Set([...produced, ...consumed])) {
      const twin = this.values.get(value.name)!;
      const [quantize, restored] = this.quantized(twin, this.groupOf(value), value.name);
      if (produced.has(value)) this.graph.replaceValue(twin, restored, [quantize]);
      else for (const [node, index] of readers.get(value) ?? []) node.setInput(index, restored);
    }
  }

  /** Codes saturate where a Relu or Clip would cut: then the node has nothing left to do. */
  private foldTail(unit: Unit): void {
    if (!unit.tail || !unit.clip) return;
    const output = unit.outputs[0]!;
    const { reals, parameters } = this.groupOf(output);
    const [low, high] = unit.clip;
    // The zero point is rounded, so that a limit other than 0 is met to half a step.
    const slack = low === 0 ? 0 : parameters.scale / 2;
    if (reals.min < low - slack || reals.max > high + Math.max(slack, high * 1e-6)) return;
    const [node, tail] = [this.twins.get(unit.node)!, this.twins.get(unit.tail)!];
    const clipped = tail.output(0)!;
    const limits = tail.inputs.slice(1);
    tail.truncateOutputs(0);
    this.graph.remove(tail);
    node.setOutput(0, clipped);
    for (const limit of limits) if (limit) removeUnused(limit, this.graph);
  }

  private quantized(value: Value, group: Group, name: string): [quantize: Node, restored: Value] {
    const { graph } = this;
    const [scale, zeroPoint] = this.parametersOf(group);
    const codes = new Value(graph.uniqueName(`${name}_QuantizeLinear_Output`));
    const restored = new Value(graph.uniqueName(`${name}_DequantizeLinear_Output`));
    const quantize = new Node({
      opType: 'QuantizeLinear',
      name: `${name}_Q`,
      inputs: [value, scale, zeroPoint],
      outputs: [codes],
    });
    const dequantize = new Node({
      opType: 'DequantizeLinear',
      name: `${name}_DQ`,
      inputs: [codes, scale, zeroPoint],
      outputs: [restored],
    });
    const { producer } = value;
    if (producer) {
      graph.insertAfter(producer, quantize);
    } else {
      const [first] = graph.nodes();
      graph.insertBefore(first!, quantize);
    }
    graph.insertAfter(quantize, dequantize);
    return [quantize, restored];
  }

  private parametersOf(group: Group): readonly [Value, Value] {
    let values = this.parameters.get(group);
    if (!values) {
      const { scale, zeroPoint } = group.parameters;
      const { activation } = this.plan.formats;
      values = [
        this.constant(`${group.name}_scale`, 'float', [], [scale]),
        this.constant(`${group.name}_zero_point`, activation, [], [zeroPoint]),
      ];
      this.parameters.set(group, values);
    }
    return values;
  }

  private weightOf(unit: Unit, source: ConstantSource): CodedWeight {
    const { weights } = this.plan;
    const axis = axisOf(unit);
    const coded = weights.code(source, axis);
    if (!unit.bias) return coded;
    const least = scalesForBias(this.biasValues(unit, unit.bias, coded), this.inputScale(unit), coded.scales);
    return least ? weights.code(source, axis, least) : coded;
  }

  private inputScale(unit: Unit): number {
    return this.groupOf(unit.node.input(unit.data[0]!)!).parameters.scale;
  }

  /** One number for each output channel, also where the file has one for all. */
  private biasValues(unit: Unit, bias: ConstantSource, { shape }: CodedWeight): Float32Array {
    const { values } = readConstant(bias);
    const { node } = unit;
    if (!node.is('Gemm') || values.length !== 1) return values;
    return new Float32Array(shape[node.int('transB', 0) !== 0 ? 0 : 1]!).fill(values[0]!);
  }

  private weightValue(coded: CodedWeight, { node, biasAt }: Unit, base: string): Value {
    // ONNX Runtime fuses Gemm only where it finds a zero point; elsewhere 0 goes without saying.
    const isGemm = node.is('Gemm') || biasAt !== undefined;
    const spelt = !this.plan.formats.forCpu || isGemm || coded.zeroPoints.some((zero) => zero !== 0);
    const known = this.weights[spelt ? 'spelt' : 'bare'];
    let value = known.get(coded);
    if (!value) {
      const before = this.twins.get(node)!;
      const { type, shape, bytes, axis, scales, zeroPoints } = coded;
      const dims = axis === undefined ? [] : [scales.length];
      const codes = this.add(Tensor.ofBytes(`${base}_quantized`, type, shape, bytes));
      const scale = this.constant(`${base}_scale`, 'float', dims, scales);
      const zero = spelt ? [this.constant(`${base}_zero_point`, type, dims, zeroPoints)] : [];
      value = this.restore(before, base, [codes, scale, ...zero], axis);
      known.set(coded, value);
    }
    return value;
  }

  private writeBias(unit: Unit, bias: ConstantSource, weight: CodedWeight, node: Node): number {
    const index = unit.biasAt?.index ?? unit.rule.bias!;
    const reader = unit.biasAt ? this.twins.get(unit.biasAt.node)! : node;
    const before = reader.input(index);
    const base = bias.root.name;
    const coded = codeBias(this.biasValues(unit, bias, weight), this.inputScale(unit), weight.scales);
    const key = `${base}|${coded.scales.join()}`;
    let value = this.constants.get(key);
    if (!value) {
      const dims = weight.axis === undefined ? [] : [coded.scales.length];
      const codes = this.add(
        Tensor.ofBytes(`${base}_quantized`, 'int32', [coded.values.length], bytesOf(coded.values)),
      );
      const scale = this.constant(`${base}_quantized_scale`, 'float', dims, coded.scales);
      // The zero point of int32 is 0, said or not.
      value = this.restore(node, base, [codes, scale], weight.axis === undefined ? undefined : 0);
      this.constants.set(key, value);
    }
    reader.setInput(index, value);
    if (unit.biasAt && before) removeUnused(before, this.graph);
    return coded.values.byteLength;
  }

  /** A constant operand, coded by its own range as an activation would be. */
  private constantValue(unit: Unit, index: number, before: Node): Value {
    const input = unit.node.input(index)!;
    let value = this.constants.get(input.name);
    if (!value) {
      const { activation, activationRange, symmetric } = this.plan.formats;
      const tensor = unit.operands.get(index)!;
      const { values, shape } = readConstant(tensor);
      const layout = channelLayout(shape);
      const reals = new ChannelRange(layout);
      reals.add(values);
      const { scale, zeroPoint } = quantizationParameters(reals.min[0]!, reals.max[0]!, activationRange, symmetric);
      const quantizer = new Quantizer(layout, Float32Array.of(scale), Int32Array.of(zeroPoint), activationRange);
      const codes = quantizer.quantize(values, new arrays[activation](values.length));
      const base = input.name;
      value = this.restore(before, base, [
        this.add(Tensor.ofBytes(`${base}_quantized`, activation, shape, bytesOf(codes))),
        this.constant(`${base}_scale`, 'float', [], [scale]),
        this.constant(`${base}_zero_point`, activation, [], [zeroPoint]),
      ]);
      this.constants.set(input.name, value);
    }
    return value;
  }

  private restore(before: Node, base: string, inputs: readonly Value[], axis?: number): Value {
    const output = new Value(this.graph.uniqueName(`${base}_DequantizeLinear_Output`));
    const attributes = axis === undefined ? [] : [Attribute.int('axis', axis)];
    this.graph.insertBefore(before, new Node({ opType: 'DequantizeLinear', inputs, outputs: [output], attributes }));
    return output;
  }

  private constant(name: string, type: DataType, shape: readonly number[], numbers: ArrayLike<number>): Value {
    return this.add(Tensor.ofBytes(name, type, shape, fromNumbers(type, numbers)));
  }

  private add(tensor: Tensor): Value {
    return this.graph.addInitializer(tensor.with({ name: this.graph.uniqueName(tensor.name) }));
  }
}

const arrays = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array } as const;
