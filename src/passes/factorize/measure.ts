/** Is a chain faster than the layer, on this machine? Both are timed alone; layers of one kind once. */
import { Graph } from '../../graph/graph';
import { Expression } from '../../graph/expression';
import { Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { encodeModel } from '../../graph/toOnnx';
import { Value } from '../../graph/value';
import { constantSource } from '../../graph/constants';
import { matrix } from '../../numerics/linear/matrix';
import { Random } from '../../numerics/random';
import { type Inference } from '../../operators/infer';
import { linearLayerOf } from '../../pass/linearLayer';
import { compareLatency } from '../../runtime/measure';
import { type InferenceRuntime } from '../../runtime/port';
import { type Chain } from './chains';
import { type Layer } from './layers';
import { rewriteLayer } from './rewrite';
import { type Candidate, type SchemeId, stagesOf } from './schemes';

/** Time of a layer alone, ms. */
export interface Times {
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Chains of the right shapes: how fast they are does not depend on their numbers. */
function anyChains(layer: Layer, scheme: SchemeId, ranks: readonly number[]): Chain[] {
  const random = new Random(1);
  return Array.from({ length: layer.groups }, () =>
    stagesOf(layer, scheme, ranks).map(({ inputs, outputs, axes, depthwise }) => {
      const taps = layer.kernel.reduce((product, extent, axis) => (axes[axis] ? product * extent : product), 1);
      const columns = (depthwise ? 1 : inputs) * taps;
      return matrix(outputs, columns, Float64Array.from(random.normals(outputs * columns)));
    }),
  );
}

/** Times layers and the chains that are to replace them. */
export class Stopwatch {
  private readonly known = new Map<string, Times>();

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly model: Model,
    private readonly inference: Inference,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined where the shape of the input is unknown, or its type is not float32. */
  async times(layer: Layer, { scheme, ranks }: Candidate): Promise<Times | undefined> {
    const shape = this.shapeOf(layer);
    if (!shape || layer.tensor.dataType !== 'float') return undefined;
    const geometry = ['strides', 'pads', 'dilations', 'auto_pad'].map((name) => {
      return layer.node.ints(name)?.join('x') ?? layer.node.string(name) ?? '';
    });
    const key = [layer.kind, shape, layer.tensor.shape, layer.groups, geometry, scheme, ranks].join(';');
    let times = this.known.get(key);
    if (!times) this.known.set(key, (times = await this.measure(layer, shape, { scheme, ranks })));
    return times;
  }

  private shapeOf({ node }: Layer): number[] | undefined {
    const bindings = new Map(this.inference.symbols.map(({ name, value }) => [name, value ?? 1]));
    const shape = this.inference.shapeOf(node.input(0)!);
    return shape?.map((dim) => Math.max(1, (dim instanceof Expression ? dim.evaluate(bindings) : dim) ?? 1));
  }

  private async measure(
    layer: Layer,
    shape: readonly number[],
    { scheme, ranks }: Pick<Candidate, 'scheme' | 'ranks'>,
  ): Promise<Times> {
    const [before, after] = [this.alone(layer, shape), this.alone(layer, shape)];
    const [twin] = [...after.graph.nodes()].map((node) => linearLayerOf(node));
    if (typeof twin === 'object') rewriteLayer({ ...layer, ...twin }, scheme, ranks, anyChains(layer, scheme, ranks));
    const size = shape.reduce((product, dim) => product * dim, 1);
    const feeds = { x: { dataType: 'float' as const, shape, data: new Random(1).normals(size) } };
    const first = await this.runtime.open(encodeModel(before));
    try {
      const second = await this.runtime.open(encodeModel(after));
      try {
        const settings = { budgetMs: 60, warmups: 2, minRuns: 7, maxRuns: 60, signal: this.signal };
        const { fastest } = await compareLatency({ session: first, feeds }, { session: second, feeds }, settings);
        // Noise only ever adds time: the fastest run of each says most about a single operator.
        return fastest;
      } finally {
        await second.close();
      }
    } finally {
      await first.close();
    }
  }

  /** A model of this layer only. */
  private alone({ node, dataType, tensor }: Layer, shape: readonly number[]): Model {
    const graph = new Graph('layer');
    const model = new Model(graph);
    for (const [domain, version] of this.model.opsets) model.opsets.set(domain, version);
    const x = graph.addInput(new Value('x', tensorType(dataType, shape)));
    const constants = node.inputs.slice(1).map((input, index) => {
      const source = input && constantSource(input, node.graph!);
      const stored = index === 0 ? tensor : source?.tensor;
      return stored && graph.addInitializer(stored.with({ name: `constant${index}` }));
    });
    const y = new Value('y');
    const attributes = [...node.attributes.values()];
    graph.append(new Node({ opType: node.opType, name: 'layer', inputs: [x, ...constants], outputs: [y], attributes }));
    y.type = tensorType(dataType);
    graph.outputs.push(y);
    return model;
  }
}
