/** Tries scales on one layer: how far its outputs are off when input and weight are in 8 bits. */
import { Graph } from '../../graph/graph';
import { Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { countElements, tensorType } from '../../graph/shape';
import { encodeModel } from '../../graph/toOnnx';
import { Value } from '../../graph/value';
import { minMax } from '../../numerics/minMax';
import {
  channelLayout,
  differencePower,
  type Noise,
  quantizationParameters,
  quantizedRange,
  Quantizer,
  quantizeTensor,
} from '../../numerics/quantize';
import { type Layer, rescaled } from '../../pass/channels/layer';
import { type InferenceRuntime, type InferenceSession, type RuntimeTensor } from '../../runtime/port';
import { type Ranges, type Sampled } from './ranges';

/** Opset of the one-node models: the layers' operators have not changed since. */
const opset = 13;

/** One layer with the samples it is tried on. */
export class Trial {
  private constructor(
    private readonly layer: Layer,
    private readonly ranges: Ranges,
    private readonly axis: number,
    private readonly session: InferenceSession,
    private readonly exact: readonly Float32Array[],
  ) {}

  /** Runs the layer as it is on its samples. */
  static async open(layer: Layer, ranges: Ranges, axis: number, runtime: InferenceRuntime): Promise<Trial> {
    const session = await runtime.open(encodeModel(modelOf(layer)), { threads: 0 });
    const weight = layer.weight.read();
    const exact: Float32Array[] = [];
    for (const sample of ranges.samples) exact.push(await run(session, sample, layer, weight));
    return new Trial(layer, ranges, axis, session, exact);
  }

  /** Power of the outputs and of their error when input channel i is multiplied by `factors[i]` before rounding. */
  async noise(factors: Float64Array): Promise<Noise> {
    const { layer, ranges, axis, session } = this;
    const { shape } = layer.weight;
    const rowsFirst = layer.grid.rowsAreOutputs;
    const weight = rescaled(layer, undefined, factors);
    const coded = quantizeTensor(weight, shape, { type: 'int8', axis: rowsFirst ? 0 : 1, symmetric: true });
    const rounded = coded.quantizer.dequantize(coded.quantized);
    const input = inputQuantizer(ranges, factors);
    const total = { signal: 0, noise: 0 };
    for (const [index, sample] of ranges.samples.entries()) {
      const scaled = scale(sample, axis, factors);
      const values = input.dequantize(input.quantize(scaled, new Uint8Array(scaled.length)));
      const { signal, noise } = differencePower(
        this.exact[index]!,
        await run(session, { ...sample, values }, layer, rounded),
      );
      total.signal += signal;
      total.noise += noise;
    }
    return total;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** The layer alone, its weight an input. */
function modelOf({ node }: Layer): Model {
  const graph = new Graph('layer');
  const [x, w] = [new Value('x', tensorType('float')), new Value('w', tensorType('float'))];
  const y = new Value('y', tensorType('float'));
  graph.addInput(x);
  graph.addInput(w);
  graph.append(
    new Node({ opType: node.opType, inputs: [x, w], outputs: [y], attributes: [...node.attributes.values()] }),
  );
  graph.outputs.push(y);
  const model = new Model(graph);
  model.opsets.set('', opset);
  return model;
}

async function run(session: InferenceSession, { shape, values }: Sampled, layer: Layer, weight: Float32Array) {
  const tensor = (data: Float32Array, dims: readonly number[]): RuntimeTensor => ({
    dataType: 'float',
    shape: dims,
    data,
  });
  const { y } = await session.run({ x: tensor(values, shape), w: tensor(weight, layer.weight.shape) });
  return y!.data as Float32Array;
}

/** One scale for the whole input, from the ranges of its scaled channels. */
function inputQuantizer({ low, high }: Ranges, factors: Float64Array): Quantizer {
  const range = quantizedRange('uint8');
  const { min } = minMax(low.map((value, channel) => value * factors[channel]!));
  const { max } = minMax(high.map((value, channel) => value * factors[channel]!));
  const { scale: step, zeroPoint } = quantizationParameters(min, max, range, false);
  return new Quantizer(channelLayout([1]), Float32Array.of(step), Int32Array.of(zeroPoint), range);
}

function scale({ shape, values }: Sampled, axis: number, factors: Float64Array): Float32Array {
  const inner = countElements(shape.slice(axis + 1));
  return values.map((value, index) => value * factors[Math.floor(index / inner) % factors.length]!);
}
