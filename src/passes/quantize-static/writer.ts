/** Puts integers and Q/DQ nodes into a clone of the plan's model. */
import { Attribute } from '../../graph/attribute';
import { type ConstantSource, owningGraph, removeUnused } from '../../graph/constants';
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
  private readonly graphs = new Map<Graph, Graph>();
  private readonly twins = new Map<Node, Node>();
  private readonly values = new Map<Value, Value>();
  private readonly parameters = new Map<Group, readonly [scale: Value, zeroPoint: Value]>();
  /** Codes, scale and zero point of weights, with and without the last. */
  private readonly weights = {
    spelt: new Map<CodedWeight, readonly Value[]>(),
    bare: new Map<CodedWeight, readonly Value[]>(),
  };
  /** What restores a constant, for each graph that reads it: runtimes fuse only what is in one graph. */
  private readonly restored = new Map<Graph, Map<readonly Value[], Value>>();
  private readonly constants = new Map<string, readonly Value[]>();

  constructor(
    private readonly plan: StaticPlan,
    model: Model,
    private readonly groupOf: (value: Value) => Group,
  ) {
    this.graph = model.graph;
    const copies = [...model.graph.allGraphs()];
    for (const [index, graph] of [...plan.model.graph.allGraphs()].entries()) {
      const copy = copies[index]!;
      this.graphs.set(graph, copy);
      graph.inputs.forEach((input, at) => this.values.set(input, copy.inputs[at]!));
      const nodes = copy.nodes();
      for (const node of graph.nodes()) {
        const twin = nodes.next().value as Node;
        this.twins.set(node, twin);
        node.outputs.forEach((output, at) => output && this.values.set(output, twin.output(at)!));
      }
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
    for (const input of new Set(before)) if (input) removeUnused(input, node.graph!);
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
      this.writeValue(value, produced.has(value), readers.get(value) ?? []);
    }
  }

  /** Codes are made where the value is, and restored in each graph that reads them. */
  private writeValue(value: Value, produced: boolean, readers: readonly (readonly [Node, number])[]): void {
    const twin = this.values.get(value)!;
    const owner = owningGraph(twin, readers[0]?.[0].graph ?? this.graph);
    const [scale, zeroPoint] = this.parametersOf(this.groupOf(value));
    const codes = new Value(this.graph.uniqueName(`${value.name}_QuantizeLinear_Output`));
    const quantize = new Node({
      opType: 'QuantizeLinear',
      name: `${value.name}_Q`,
      inputs: [twin, scale, zeroPoint],
      outputs: [codes],
    });
    insertBehind(twin.producer, quantize, owner);
    const restore = (graph: Graph, behind?: Node): Value => {
      const restored = new Value(this.graph.uniqueName(`${value.name}_DequantizeLinear_Output`));
      const name = behind ? `${value.name}_DQ` : `${value.name}_DQ_${graph.name}`;
      const inputs = [codes, scale, zeroPoint];
      insertBehind(behind, new Node({ opType: 'DequantizeLinear', name, inputs, outputs: [restored] }), graph);
      return restored;
    };
    const restored = restore(owner, quantize);
    const inBodies = new Map([[owner, restored]]);
    if (produced) owner.replaceValue(twin, restored, [quantize]);
    for (const [node, index] of readers) {
      const graph = node.graph!;
      if (!inBodies.has(graph)) inBodies.set(graph, restore(graph));
      node.setInput(index, inBodies.get(graph));
    }
    removeUnused(restored, owner);
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
    const graph = node.graph!;
    const clipped = tail.output(0)!;
    const limits = tail.inputs.slice(1);
    tail.truncateOutputs(0);
    graph.remove(tail);
    node.setOutput(0, clipped);
    for (const limit of limits) if (limit) removeUnused(limit, graph);
  }

  private parametersOf(group: Group): readonly [Value, Value] {
    let values = this.parameters.get(group);
    if (!values) {
      const { scale, zeroPoint } = group.parameters;
      const { activation } = this.plan.formats;
      values = [
        this.constant(this.graph, `${group.name}_scale`, 'float', [], [scale]),
        this.constant(this.graph, `${group.name}_zero_point`, activation, [], [zeroPoint]),
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

  private weightValue(coded: CodedWeight, { node, weight, biasAt }: Unit, base: string): Value {
    // ONNX Runtime fuses Gemm only where it finds a zero point; elsewhere 0 goes without saying.
    const isGemm = node.is('Gemm') || biasAt !== undefined;
    const spelt = !this.plan.formats.forCpu || isGemm || coded.zeroPoints.some((zero) => zero !== 0);
    const known = this.weights[spelt ? 'spelt' : 'bare'];
    const { type, shape, bytes, axis, scales, zeroPoints } = coded;
    let stored = known.get(coded);
    if (!stored) {
      const graph = this.graphs.get(weight!.graph)!;
      const dims = axis === undefined ? [] : [scales.length];
      stored = [
        this.add(graph, Tensor.ofBytes(`${base}_quantized`, type, shape, bytes)),
        this.constant(graph, `${base}_scale`, 'float', dims, scales),
        ...(spelt ? [this.constant(graph, `${base}_zero_point`, type, dims, zeroPoints)] : []),
      ];
      known.set(coded, stored);
    }
    return this.restore(this.twins.get(node)!, base, stored, axis);
  }

  private writeBias(unit: Unit, bias: ConstantSource, weight: CodedWeight, node: Node): number {
    const index = unit.biasAt?.index ?? unit.rule.bias!;
    const reader = unit.biasAt ? this.twins.get(unit.biasAt.node)! : node;
    const before = reader.input(index);
    const base = bias.root.name;
    const coded = codeBias(this.biasValues(unit, bias, weight), this.inputScale(unit), weight.scales);
    const key = `${base}|${coded.scales.join()}`;
    let stored = this.constants.get(key);
    if (!stored) {
      const graph = this.graphs.get(bias.graph)!;
      const dims = weight.axis === undefined ? [] : [coded.scales.length];
      // The zero point of int32 is 0, said or not.
      stored = [
        this.add(graph, Tensor.ofBytes(`${base}_quantized`, 'int32', [coded.values.length], bytesOf(coded.values))),
        this.constant(graph, `${base}_quantized_scale`, 'float', dims, coded.scales),
      ];
      this.constants.set(key, stored);
    }
    reader.setInput(index, this.restore(node, base, stored, weight.axis === undefined ? undefined : 0));
    if (unit.biasAt && before) removeUnused(before, reader.graph!);
    return coded.values.byteLength;
  }

  /** A constant operand, coded by its own range as an activation would be. */
  private constantValue(unit: Unit, index: number, before: Node): Value {
    const base = unit.node.input(index)!.name;
    let stored = this.constants.get(base);
    if (!stored) {
      const { activation, activationRange, symmetric } = this.plan.formats;
      const operand = unit.operands.get(index)!;
      const graph = this.graphs.get(operand.graph)!;
      const { values, shape } = readConstant(operand);
      const layout = channelLayout(shape);
      const reals = new ChannelRange(layout);
      reals.add(values);
      const { scale, zeroPoint } = quantizationParameters(reals.min[0]!, reals.max[0]!, activationRange, symmetric);
      const quantizer = new Quantizer(layout, Float32Array.of(scale), Int32Array.of(zeroPoint), activationRange);
      const codes = quantizer.quantize(values, new arrays[activation](values.length));
      stored = [
        this.add(graph, Tensor.ofBytes(`${base}_quantized`, activation, shape, bytesOf(codes))),
        this.constant(graph, `${base}_scale`, 'float', [], [scale]),
        this.constant(graph, `${base}_zero_point`, activation, [], [zeroPoint]),
      ];
      this.constants.set(base, stored);
    }
    return this.restore(before, base, stored);
  }

  /** What restores stored codes in the graph of `before`, which is the first there to read them. */
  private restore(before: Node, base: string, stored: readonly Value[], axis?: number): Value {
    const graph = before.graph!;
    const here = this.restored.get(graph) ?? new Map<readonly Value[], Value>();
    this.restored.set(graph, here);
    let output = here.get(stored);
    if (!output) {
      output = new Value(graph.uniqueName(`${base}_DequantizeLinear_Output`));
      const attributes = axis === undefined ? [] : [Attribute.int('axis', axis)];
      graph.insertBefore(
        before,
        new Node({ opType: 'DequantizeLinear', inputs: stored, outputs: [output], attributes }),
      );
      here.set(stored, output);
    }
    return output;
  }

  private constant(
    graph: Graph,
    name: string,
    type: DataType,
    shape: readonly number[],
    numbers: ArrayLike<number>,
  ): Value {
    return this.add(graph, Tensor.ofBytes(name, type, shape, fromNumbers(type, numbers)));
  }

  private add(graph: Graph, tensor: Tensor): Value {
    return graph.addInitializer(tensor.with({ name: graph.uniqueName(tensor.name) }));
  }
}

/** Right behind `producer`; without one, in front of everything in the graph. */
function insertBehind(producer: Node | undefined, node: Node, graph: Graph): void {
  const [first] = graph.nodes();
  if (producer) graph.insertAfter(producer, node);
  else if (first) graph.insertBefore(first, node);
  else graph.append(node);
}

const arrays = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array } as const;
