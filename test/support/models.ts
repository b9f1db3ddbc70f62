/**
 * Builds small models for tests, in one expression:
 *
 *   const model = build({ inputs: { x: ['float', ['N', 3, 8, 8]] } })
 *     .conv('x', 'c', { channels: 4, inputChannels: 3, kernel: 3, pad: 1 })
 *     .relu('c', 'y')
 *     .output('y')
 *     .model();
 *
 * Values are named by strings; weights are random unless given, and the same in every run.
 */
import { Attribute } from '../../src/graph/attribute';
import { type DataType } from '../../src/graph/dataType';
import { Expression } from '../../src/graph/expression';
import { Graph } from '../../src/graph/graph';
import { Model } from '../../src/graph/model';
import { Node } from '../../src/graph/node';
import { tensorType, type ValueType } from '../../src/graph/shape';
import { Tensor } from '../../src/graph/tensor';
import { Value } from '../../src/graph/value';
import { encodeModel } from '../../src/graph/toOnnx';
import { seeded } from './random';
import { randomTensor, tensorOf, type Numbers } from './tensors';

/** A dimension: a number, the name of a symbol, or unknown. */
export type DimLike = number | string | null;

/** Element type and shape; no shape means unknown rank. */
export type PortLike = readonly [dataType: DataType, shape?: readonly DimLike[]];

/** What an attribute may be given as: whole numbers become int, others float; use `float` for 1.0. */
export type AttributeLike =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly bigint[]
  | Tensor
  | Graph
  | ModelBuilder
  | Attribute['payload'];

/** How a model starts. */
export interface BuildOptions {
  /** Version of ai.onnx, default 17. */
  readonly opset?: number;
  /** Versions of other domains. */
  readonly opsets?: Readonly<Record<string, number>>;
  readonly irVersion?: number;
  readonly inputs?: Readonly<Record<string, PortLike>>;
  /** Seed of the weights. */
  readonly seed?: number;
  readonly name?: string;
}

/** Name and domain of a node; the name defaults to `OpType_output`. */
export interface NodeOptions {
  readonly name?: string;
  readonly domain?: string;
}

/** Starts a model. */
export function build(options: BuildOptions = {}): ModelBuilder {
  return new ModelBuilder(options);
}

/** A float attribute even when the number is whole. */
export const float = (value: number): Attribute['payload'] => ({ kind: 'float', value: Math.fround(value) });

/** A list of floats even when the numbers are whole. */
export const floats = (value: readonly number[]): Attribute['payload'] => ({
  kind: 'floats',
  value: value.map(Math.fround),
});

/** Adds to one graph; every method returns the builder. */
export class ModelBuilder {
  readonly graph: Graph;
  private readonly random: () => number;

  constructor(
    private readonly options: BuildOptions,
    private readonly outer?: ModelBuilder,
  ) {
    this.graph = new Graph(options.name ?? 'test', outer?.graph);
    this.random = outer?.random ?? seeded(options.seed ?? 1);
    for (const [name, port] of Object.entries(options.inputs ?? {})) this.input(name, ...port);
  }

  /** A value by name, here or in the graphs around; throws when there is none. */
  value(name: string): Value {
    const found = this.find(name);
    if (!found) throw new Error(`There is no value "${name}".`);
    return found;
  }

  /** A node by its name or the name of one of its outputs. */
  nodeNamed(name: string): Node {
    for (const node of this.graph.nodes()) {
      if (node.name === name || node.outputs.some((output) => output?.name === name)) return node;
    }
    throw new Error(`There is no node "${name}".`);
  }

  input(name: string, dataType: DataType, shape?: readonly DimLike[]): this {
    this.graph.addInput(new Value(name, typeOf(dataType, shape)));
    return this;
  }

  /** A graph output, with the type that is given, if any. */
  output(name: string, dataType?: DataType, shape?: readonly DimLike[]): this {
    const value = this.value(name);
    if (dataType) value.type = typeOf(dataType, shape);
    this.graph.outputs.push(value);
    return this;
  }

  /** A constant of the given numbers, or random ones. */
  initializer(name: string, dataType: DataType, shape: readonly number[], values?: Numbers): this {
    const tensor = values ? tensorOf(name, dataType, shape, values) : randomTensor(name, dataType, shape, this.random);
    return this.constant(tensor);
  }

  /** A constant from a tensor. */
  constant(tensor: Tensor): this {
    this.graph.addInitializer(tensor);
    return this;
  }

  /** Any node; '' omits an input or an output. */
  node(
    opType: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: Readonly<Record<string, AttributeLike>> = {},
    { name, domain }: NodeOptions = {},
  ): this {
    const names = typeof outputs === 'string' ? [outputs] : outputs;
    const node = new Node({
      opType,
      domain,
      name: name ?? `${opType}_${names[0] ?? ''}`,
      inputs: inputs.map((input) => (input === '' ? undefined : this.value(input))),
      outputs: names.map((output) => (output === '' ? undefined : new Value(output))),
      attributes: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
    });
    this.graph.append(node);
    return this;
  }

  /** A 2-D convolution with its weights `<name>.weight` and `<name>.bias`, named after the node. */
  conv(input: string, output: string, options: ConvOptions): this {
    const { channels, inputChannels, kernel = 3, stride = 1, pad = 0, dilation = 1, group = 1, bias = true } = options;
    const name = options.name ?? `Conv_${output}`;
    this.initializer(`${name}.weight`, 'float', [channels, inputChannels / group, kernel, kernel]);
    if (bias) this.initializer(`${name}.bias`, 'float', [channels]);
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [dilation, dilation],
      group,
    };
    const inputs = [input, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
    return this.node('Conv', inputs, output, attributes, { name });
  }

  /** MatMul with a random weight `<name>.weight` of [rows, columns]. */
  matMul(input: string, output: string, [rows, columns]: readonly [number, number], options: NodeOptions = {}): this {
    const name = options.name ?? `MatMul_${output}`;
    this.initializer(`${name}.weight`, 'float', [rows, columns]);
    return this.node('MatMul', [input, `${name}.weight`], output, {}, { name });
  }

  /** Gemm as a linear layer: weight [outputs, inputs] transposed, and a bias. */
  gemm(input: string, output: string, [inputs, outputs]: readonly [number, number], options: NodeOptions = {}): this {
    const name = options.name ?? `Gemm_${output}`;
    this.initializer(`${name}.weight`, 'float', [outputs, inputs]);
    this.initializer(`${name}.bias`, 'float', [outputs]);
    return this.node('Gemm', [input, `${name}.weight`, `${name}.bias`], output, { transB: 1 }, { name });
  }

  relu(input: string, output: string): this {
    return this.node('Relu', [input], output);
  }

  /** A body for If, Loop, Scan; it sees the values that are there so far. */
  body(options: Pick<BuildOptions, 'inputs' | 'name'> = {}): ModelBuilder {
    return new ModelBuilder(options, this);
  }

  /** The finished model. */
  model(): Model {
    const model = new Model(this.graph);
    model.irVersion = this.options.irVersion ?? 8;
    model.producerName = 'lapidary-test';
    model.opsets.set('', this.options.opset ?? 17);
    for (const [domain, version] of Object.entries(this.options.opsets ?? {})) model.opsets.set(domain, version);
    return model;
  }

  /** The finished model as the bytes of a file. */
  bytes(): Uint8Array {
    return encodeModel(this.model());
  }

  private find(name: string): Value | undefined {
    const { inputs, initializers, sparseInitializers } = this.graph;
    const own = inputs.find((value) => value.name === name) ?? initializers.get(name);
    if (own) return own;
    for (const { value } of sparseInitializers) if (value.name === name) return value;
    for (const node of this.graph.nodesReversed()) {
      for (const output of node.outputs) if (output?.name === name) return output;
    }
    return this.outer?.find(name);
  }
}

/** Options of `conv`; a square kernel. */
export interface ConvOptions {
  readonly channels: number;
  readonly inputChannels: number;
  /** Default 3. */
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly dilation?: number;
  readonly group?: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly name?: string;
}

function typeOf(dataType: DataType, shape: readonly DimLike[] | undefined): ValueType {
  return tensorType(
    dataType,
    shape?.map((dim) => (typeof dim === 'string' ? Expression.symbol(dim) : dim)),
  );
}

function attributeOf(name: string, value: AttributeLike): Attribute {
  if (value instanceof Tensor) return Attribute.tensor(name, value);
  if (value instanceof Graph) return Attribute.graph(name, value);
  if (value instanceof ModelBuilder) return Attribute.graph(name, value.graph);
  if (typeof value === 'string') return Attribute.string(name, value);
  if (typeof value === 'bigint') return Attribute.int(name, value);
  if (typeof value === 'number')
    return Number.isInteger(value) ? Attribute.int(name, value) : Attribute.float(name, value);
  if ('kind' in value) return new Attribute(name, value);
  const numbers: readonly (number | bigint)[] = value;
  const whole = numbers.every((item) => typeof item === 'bigint' || Number.isInteger(item));
  return whole ? Attribute.ints(name, numbers) : Attribute.floats(name, numbers.map(Number));
}
