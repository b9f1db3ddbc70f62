/**
 * A small language for writing network architectures as ONNX graphs with random weights: for benchmarks, conformance
 * and tests that need a ResNet-50 where none can be downloaded. Shapes are not tracked: call sites know their widths.
 */
import { Attribute } from '../../src/graph/attribute';
import { Graph } from '../../src/graph/graph';
import { Model } from '../../src/graph/model';
import { Node } from '../../src/graph/node';
import { Expression } from '../../src/graph/expression';
import { tensorType, type Dim } from '../../src/graph/shape';
import { Tensor } from '../../src/graph/tensor';
import { Value } from '../../src/graph/value';
import { Random } from '../../src/numerics/random';

/** Geometry of a convolution; padding is symmetric. */
export interface ConvOptions {
  readonly stride?: number;
  readonly pad?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly dilation?: number;
}

/** Builds one graph, node by node; every method returns the value it made. */
export class Net {
  readonly graph: Graph;
  private readonly scopes: string[] = [];
  private readonly random: Random;

  constructor(
    name: string,
    private readonly opset = 17,
    seed = 1,
  ) {
    this.graph = new Graph(name);
    this.random = new Random(seed);
  }

  /** Runs `build` with `name` added to the scope of node and weight names. */
  scope<T>(name: string, build: () => T): T {
    this.scopes.push(name);
    try {
      return build();
    } finally {
      this.scopes.pop();
    }
  }

  /** A float graph input; a string is a dynamic dimension. */
  input(name: string, shape: readonly (number | string)[], dataType: 'float' | 'int64' = 'float'): Value {
    const dims: Dim[] = shape.map((dim) => (typeof dim === 'number' ? dim : Expression.symbol(dim)));
    return this.graph.addInput(new Value(name, tensorType(dataType, dims)));
  }

  /** Any operator with one output. */
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: readonly Attribute[] = [],
    domain = '',
  ): Value {
    const output = this.graph.newValue(`${this.path(opType)}_output`);
    const name = this.graph.uniqueName(this.path(opType));
    this.graph.append(new Node({ opType, domain, name, inputs, outputs: [output], attributes }));
    return output;
  }

  /** Any operator with several outputs. */
  ops(
    opType: string,
    inputs: readonly (Value | undefined)[],
    count: number,
    attributes: readonly Attribute[] = [],
  ): Value[] {
    const outputs = Array.from({ length: count }, () => this.graph.newValue(`${this.path(opType)}_output`));
    const name = this.graph.uniqueName(this.path(opType));
    this.graph.append(new Node({ opType, name, inputs, outputs, attributes }));
    return outputs;
  }

  /** A random weight, normal with deviation `scale` (default: He initialization over the fan-in). */
  weight(name: string, shape: readonly number[], scale?: number): Value {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const fanIn = size / (shape[0] ?? 1);
    const deviation = scale ?? Math.sqrt(2 / fanIn);
    const values = new Float32Array(size);
    // Sums of uniforms are near enough to normal here, and ViT-B/16 has 86 M of them.
    const width = deviation * Math.sqrt(12 / 2);
    for (let i = 0; i < size; i++) values[i] = (this.random.uniform() + this.random.uniform() - 1) * width;
    return this.floats(name, shape, values);
  }

  /** A float initializer. */
  floats(name: string, shape: readonly number[], values: Float32Array): Value {
    const unique = this.graph.uniqueName(this.path(name));
    return this.graph.addInitializer(Tensor.ofBytes(unique, 'float', shape, new Uint8Array(values.buffer)));
  }

  /** A float initializer of one repeated value. */
  fill(name: string, shape: readonly number[], value: number): Value {
    return this.floats(name, shape, new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(value));
  }

  /** An int64 initializer of rank 1 (or a scalar). */
  ints(name: string, values: readonly number[], scalar = false): Value {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    const unique = this.graph.uniqueName(this.path(name));
    const shape = scalar ? [] : [values.length];
    return this.graph.addInitializer(Tensor.ofBytes(unique, 'int64', shape, new Uint8Array(data.buffer)));
  }

  /** k×k convolution, NCHW. */
  conv(x: Value, cin: number, cout: number, k: number | readonly [number, number], options: ConvOptions = {}): Value {
    const [kh, kw] = typeof k === 'number' ? [k, k] : k;
    const { stride = 1, groups = 1, bias = false, dilation = 1 } = options;
    const [ph, pw] =
      options.pad === undefined ? [((kh - 1) / 2) * dilation, ((kw - 1) / 2) * dilation] : [options.pad, options.pad];
    const w = this.weight('weight', [cout, cin / groups, kh, kw]);
    const inputs = bias ? [x, w, this.fill('bias', [cout], 0.01)] : [x, w];
    return this.op('Conv', inputs, [
      Attribute.ints('kernel_shape', [kh, kw]),
      Attribute.ints('strides', [stride, stride]),
      Attribute.ints('pads', [ph, pw, ph, pw].map(Math.floor)),
      Attribute.ints('dilations', [dilation, dilation]),
      Attribute.int('group', groups),
    ]);
  }

  /** Batch norm with plausible statistics. */
  bn(x: Value, channels: number): Value {
    const around = (name: string, center: number, spread: number, positive = false): Value => {
      const values = Float32Array.from({ length: channels }, () => {
        const value = center + spread * (this.random.uniform() * 2 - 1);
        return positive ? Math.abs(value) + 1e-3 : value;
      });
      return this.floats(name, [channels], values);
    };
    const gamma = around('gamma', 1, 0.2);
    const beta = around('beta', 0, 0.1);
    const mean = around('running_mean', 0, 0.1);
    const variance = around('running_var', 1, 0.3, true);
    return this.op('BatchNormalization', [x, gamma, beta, mean, variance], [Attribute.float('epsilon', 1e-5)]);
  }

  relu(x: Value): Value {
    return this.op('Relu', [x]);
  }

  /** ReLU6. */
  relu6(x: Value): Value {
    return this.op('Clip', [x, this.scalar('min', 0), this.scalar('max', 6)]);
  }

  /** x · sigmoid(x). */
  silu(x: Value): Value {
    return this.op('Mul', [x, this.op('Sigmoid', [x])]);
  }

  /** Exact GELU from its parts, as exporters write it below opset 20. */
  gelu(x: Value): Value {
    const erf = this.op('Erf', [this.op('Div', [x, this.scalar('sqrt2', Math.SQRT2)])]);
    const gate = this.op('Add', [erf, this.scalar('one', 1)]);
    return this.op('Mul', [this.op('Mul', [x, gate]), this.scalar('half', 0.5)]);
  }

  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b]);
  }

  concat(values: readonly Value[], axis = 1): Value {
    return this.op('Concat', values, [Attribute.int('axis', axis)]);
  }

  maxPool(x: Value, k: number, stride: number, pad = 0): Value {
    return this.pool('MaxPool', x, k, stride, pad);
  }

  averagePool(x: Value, k: number, stride: number, pad = 0): Value {
    return this.pool('AveragePool', x, k, stride, pad);
  }

  globalAveragePool(x: Value): Value {
    return this.op('GlobalAveragePool', [x]);
  }

  flatten(x: Value): Value {
    return this.op('Flatten', [x], [Attribute.int('axis', 1)]);
  }

  /** Fully connected, as Gemm with a transposed weight (what exporters write for a 2-D input). */
  fc(x: Value, inFeatures: number, outFeatures: number): Value {
    const w = this.weight('weight', [outFeatures, inFeatures]);
    return this.op('Gemm', [x, w, this.fill('bias', [outFeatures], 0)], [Attribute.int('transB', 1)]);
  }

  /** Fully connected on the last axis, as MatMul + Add. */
  linear(x: Value, inFeatures: number, outFeatures: number, bias = true): Value {
    const product = this.op('MatMul', [x, this.weight('weight', [inFeatures, outFeatures], Math.sqrt(1 / inFeatures))]);
    return bias ? this.add(product, this.fill('bias', [outFeatures], 0)) : product;
  }

  /** Layer norm over the last axis. */
  layerNorm(x: Value, width: number): Value {
    return this.op(
      'LayerNormalization',
      [x, this.fill('gamma', [width], 1), this.fill('beta', [width], 0)],
      [Attribute.int('axis', -1), Attribute.float('epsilon', 1e-5)],
    );
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.op('Reshape', [x, this.ints('shape', shape)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.op('Transpose', [x], [Attribute.ints('perm', perm)]);
  }

  scalar(name: string, value: number): Value {
    return this.fill(name, [], value);
  }

  /** Declares the outputs and hands over the model. */
  finish(outputs: readonly Value[]): Model {
    this.graph.outputs.push(...outputs);
    for (const output of outputs) output.type ??= tensorType('float');
    const model = new Model(this.graph);
    model.opsets.set('', this.opset);
    model.producerName = 'lapidary-bench';
    return model;
  }

  private pool(opType: string, x: Value, k: number, stride: number, pad: number): Value {
    return this.op(
      opType,
      [x],
      [
        Attribute.ints('kernel_shape', [k, k]),
        Attribute.ints('strides', [stride, stride]),
        Attribute.ints('pads', [pad, pad, pad, pad]),
      ],
    );
  }

  private path(name: string): string {
    return [...this.scopes, name].join('/');
  }
}
