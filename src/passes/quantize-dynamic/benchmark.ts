/**
 * Does int8 pay for a layer on this machine? A model of that layer alone is measured as float and as int8. Layers of
 * one shape are measured once.
 */
import { cloneModel } from '../../graph/clone';
import { Expression } from '../../graph/expression';
import { Graph } from '../../graph/graph';
import { Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { countElements, tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';
import { Random } from '../../numerics/random';
import { type Inference } from '../../operators/infer';
import { formatMillisecondsPair } from '../../report/format';
import { compareModels } from '../../runtime/compareModels';
import { type Feeds, type InferenceRuntime } from '../../runtime/port';
import { ActivationStore } from './activations';
import { type Layer, layerOf } from './layers';
import { rewriteLayer } from './rewrite';
import { shapeOfSource, WeightStore } from './weights';

/** Int8 is taken where it is at least this much faster. */
const leastSpeedup = 1.1;

/** Weights that a micro-benchmark works through, so that they come from memory as in the whole model, not from a cache. */
const workingSetBytes = 8e6;
const mostCopies = 8;
/** With so many rows a product is bound by its arithmetic: where its weights come from makes no difference. */
const manyRows = 32;
/** Weights beyond this are not made up only to be measured: at that size int8 gains. */
const largestMeasuredBytes = 256e6;

/** What was found out about a layer. */
export interface Verdict {
  readonly pays: boolean;
  /** Time of the layer alone, ms; undefined when it was estimated. */
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** Why it does not pay. */
  readonly reason: string;
}

/** Quantization as it will be done, and what shapes the layers have. */
export interface BenchmarkOptions {
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
  readonly inference: Inference;
  readonly signal: AbortSignal;
}

/** Shape of the activation of a layer with every free dimension 1; undefined when the rank is unknown. */
function activationShape(layer: Layer, inference: Inference): number[] | undefined {
  const bindings = new Map(inference.symbols.map(({ name, value }) => [name, value ?? 1]));
  const shape = inference.shapeOf(layer.node.input(0)!);
  return shape?.map((dim) => {
    const size = dim instanceof Expression ? dim.evaluate(bindings) : dim;
    return Math.max(1, size ?? 1);
  });
}

/** The shape to measure with: what is unknown is 1, what the weights fix is right. */
function benchmarkShape(layer: Layer, inference: Inference): number[] | undefined {
  const known = activationShape(layer, inference);
  const weight = shapeOfSource(layer.weights[0]!);
  switch (layer.kind) {
    case 'MatMul':
    case 'Gemm':
      return [...(known?.slice(0, -1) ?? [1]), weight.at(-2)!];
    case 'Attention':
      return [...(known?.slice(0, -1) ?? [1, 1]), weight[0]!];
    case 'LSTM':
      return [...(known?.slice(0, 2) ?? [1, 1]), weight[2]!];
    case 'Conv':
    case 'Gather':
      return known;
  }
}

/** Measures layers, each shape once. */
export class Benchmark {
  private readonly verdicts = new Map<string, Verdict>();

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly model: Model,
    private readonly options: BenchmarkOptions,
  ) {}

  /** Whether int8 pays for `layer` here. */
  async verdict(layer: Layer): Promise<Verdict> {
    if (layer.weights.some(({ tensor }) => tensor.byteLength > largestMeasuredBytes)) return estimate(layer);
    const shape = benchmarkShape(layer, this.options.inference);
    if (!shape) return { pays: false, reason: 'The shape of its input is unknown, so it cannot be measured.' };
    const key = this.keyOf(layer, shape);
    let verdict = this.verdicts.get(key);
    if (!verdict) this.verdicts.set(key, (verdict = await this.measure(layer, shape)));
    return verdict;
  }

  private keyOf({ kind, node, weights }: Layer, shape: readonly number[]): string {
    const attributes = [...node.attributes.keys()].sort().map((name) => {
      const value = node.ints(name) ?? node.int(name) ?? node.float(name) ?? node.string(name) ?? node.strings(name);
      return `${name}=${String(value)}`;
    });
    return [kind, shape, ...weights.map(shapeOfSource), node.input(kind === 'LSTM' ? 3 : 2) ? 'bias' : '', attributes]
      .map(String)
      .join(';');
  }

  private async measure(layer: Layer, shape: readonly number[]): Promise<Verdict> {
    const { perChannel, reduceRange, signal } = this.options;
    const copies = copiesOf(layer, shape);
    const float = layerModel(layer, shape, copies, this.model);
    const int8 = cloneModel(float);
    const shop = {
      model: int8,
      weights: new WeightStore(),
      activations: new ActivationStore(),
      perChannel,
      reduceRange,
    };
    for (const node of [...int8.graph.nodes()]) {
      const twin = layerOf(int8, node, { convolutions: true, exclude: [] });
      if (typeof twin === 'object') rewriteLayer(twin, shop);
    }
    const { fastest } = await compareModels(this.runtime, { before: float, after: int8 }, feedsFor(float), {
      budgetMs: 80,
      warmups: 2,
      minRuns: 5,
      maxRuns: 100,
      untilRatio: leastSpeedup,
      // One output is enough to make all copies run, and copying results is not the layer's cost.
      outputs: [float.graph.outputs[0]!.name],
      signal,
    });
    // Noise only ever adds time: the fastest run of each says most about an operator of microseconds.
    const beforeMs = fastest.beforeMs / copies;
    const afterMs = fastest.afterMs / copies;
    const pays = beforeMs >= leastSpeedup * afterMs;
    return { pays, beforeMs, afterMs, reason: pays ? '' : describe(beforeMs, afterMs) };
  }
}

function describe(beforeMs: number, afterMs: number): string {
  const times = formatMillisecondsPair(beforeMs, afterMs);
  return beforeMs < afterMs ? `${times}: slower here in int8.` : `${times}: hardly faster here in int8.`;
}

/** How many layers it takes until their weights are as far from the processor as in the whole model. */
function copiesOf({ kind, weights }: Layer, shape: readonly number[]): number {
  const isProduct = kind === 'MatMul' || kind === 'Gemm';
  if (isProduct && countElements(shape.slice(0, -1)) >= manyRows) return 1;
  const bytes = weights.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  return Math.min(mostCopies, Math.max(1, Math.ceil(workingSetBytes / bytes)));
}

/** `copies` independent layers like `layer`, with random weights, each with an input of its own. */
function layerModel(layer: Layer, shape: readonly number[], copies: number, like: Model): Model {
  const { node, kind } = layer;
  const model = new Model(new Graph('layer'));
  for (const [domain, version] of like.opsets) model.opsets.set(domain, version);
  const { graph } = model;
  const random = new Random(1);
  const contents = new Map<number, Float32Array>();
  const constant = (index: number, copy: number, dims: readonly number[]): Value => {
    const size = countElements(dims);
    let values = contents.get(index);
    if (!values) contents.set(index, (values = random.uniforms(size, -0.1, 0.1)));
    return graph.addInitializer(Tensor.ofBytes(`w${index}_${copy}`, 'float', dims, bytesOf(values)));
  };
  const stored = (index: number): readonly number[] | undefined => node.input(index)?.constant?.shape;
  for (let copy = 0; copy < copies; copy++) {
    const x = graph.addInput(graph.newValue(`x${copy}`, tensorType('float', shape)));
    const inputs: (Value | undefined)[] = [x];
    layer.weights.forEach((source, index) => {
      // A Gemm reads its weight as stored; transB turns it. Others read it the way the layer sees it.
      const dims = shapeOfSource(source);
      const turned = kind === 'Gemm' && node.int('transB', 0) !== 0;
      inputs.push(constant(index + 1, copy, turned ? [...dims].reverse() : dims));
    });
    const bias = kind === 'LSTM' ? 3 : 2;
    const biasShape = kind === 'MatMul' ? undefined : stored(bias);
    if (biasShape) inputs[bias] = constant(bias, copy, biasShape);
    const output = graph.newValue(`y${copy}`);
    const attributes = [...node.attributes.values()];
    const { opType, domain } = node;
    graph.append(new Node({ opType, domain, name: `layer${copy}`, inputs, outputs: [output], attributes }));
    output.type = { kind: 'tensor', dataType: 'float' };
    graph.outputs.push(output);
  }
  return model;
}

function feedsFor(model: Model): Feeds {
  const random = new Random(2);
  const entries = model.graph.inputs.map((input) => {
    const shape = input.type?.kind === 'tensor' ? (input.type.shape as readonly number[]) : [];
    const size = countElements(shape);
    return [input.name, { dataType: 'float' as const, shape, data: random.uniforms(size, -1, 1) }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The rule when nothing can be measured, from measurements on x86-64 with VNNI: int8 gains from about 2^14 weights on,
 * with a dot product long enough to pay for quantizing its input. Convolutions never pay.
 */
export function estimate(layer: Layer): Verdict {
  const [rows, columns] = layer.kind === 'LSTM' ? shapeOfSource(layer.weights[1]!).slice(1) : matrixOf(layer);
  if (layer.kind === 'Conv')
    return { pays: false, reason: 'Estimated: dynamic int8 convolutions are slower than float.' };
  if (rows! >= 64 && columns! >= 32 && rows! * columns! >= 2 ** 14) return { pays: true, reason: '' };
  return { pays: false, reason: `Estimated: ${rows} x ${columns} weights are too few to gain in int8.` };
}

function matrixOf(layer: Layer): readonly number[] {
  return shapeOfSource(layer.weights[0]!).slice(-2);
}
