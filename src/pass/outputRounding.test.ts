import assert from 'node:assert/strict';
import { sourceOf } from '../../test/support/feeds';
import { build } from '../../test/support/models';
import { passContext } from '../../test/support/runPass';
import { cloneModel } from '../graph/clone';
import { type Model } from '../graph/model';
import { type Tensor } from '../graph/tensor';
import { toFloat32 } from '../numerics/elements';
import { quantizedRange, quantizeTensor } from '../numerics/quantize';
import { Random } from '../numerics/random';
import { loadOrt } from '../runtime/ort';
import { type Feeds } from '../runtime/port';
import { type RoundedWeights, roundForOutputs, type WeightGrid } from './outputRounding';
import { Reference } from './reference';

const network = (): Model =>
  build({ inputs: { x: ['float', [1, 8, 6, 6]] } })
    .conv('x', 'a', { name: 'full', channels: 16, inputChannels: 8, pad: 1 })
    .relu('a', 'b')
    .conv('b', 'c', { name: 'depthwise', channels: 16, inputChannels: 16, group: 16, pad: 1 })
    .relu('c', 'd')
    .node('GlobalAveragePool', ['d'], 'e')
    .node('Flatten', ['e'], 'f')
    .gemm('f', 'y', [16, 10], { name: 'dense' })
    .output('y')
    .model();

/** Smooth pictures with a mean: neighbours are alike, as in photographs. */
function pictures(count: number, seed: number): Feeds[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const data = new Float32Array(8 * 36);
    for (let channel = 0; channel < 8; channel++) {
      const [level, slope] = [1 + random.normal(), 0.2 * random.normal()];
      for (let at = 0; at < 36; at++) data[channel * 36 + at] = level + slope * (at % 6) + 0.1 * random.normal();
    }
    return { x: { dataType: 'float', shape: [1, 8, 6, 6], data } };
  });
}

const grid: WeightGrid = { range: quantizedRange('int8', { symmetric: true }), perChannel: true };
const values = (tensor: Tensor): Float32Array => toFloat32('float', tensor.bytes(), tensor.size);

const round = async (model: Model, grids: readonly WeightGrid[] = [grid]): Promise<RoundedWeights[]> => {
  const runtime = await loadOrt();
  return roundForOutputs(model, grids, {
    samples: sourceOf(pictures(24, 3)),
    context: { ...passContext({ runtime }), runtime },
  });
};

/** A copy with other weights; `change` gives undefined for those that stay. */
function withWeights(model: Model, change: (tensor: Tensor) => Tensor | undefined): Model {
  const copy = cloneModel(model);
  for (const value of copy.graph.initializers.values()) {
    const tensor = change(value.constant!);
    if (tensor) copy.graph.setInitializer(value, tensor);
  }
  return copy;
}

describe('pass/outputRounding', () => {
  it('rounds full and depthwise convolutions and products to their grids', async () => {
    const model = network();
    const [rounded] = await round(model);
    assert.deepEqual([...rounded!.keys()].map(({ name }) => name).sort(), [
      'dense.weight',
      'depthwise.weight',
      'full.weight',
    ]);
    for (const [before, after] of rounded!) {
      const { quantizer } = quantizeTensor(values(before), before.shape, { type: 'int8', axis: 0, symmetric: true });
      const codes = quantizer.quantize(values(after), new Int8Array(after.size));
      const restored = quantizer.dequantize(codes);
      values(after).forEach((value, index) => assert.ok(Math.abs(value - restored[index]!) < 1e-6));
    }
  });

  it('leaves outputs far closer than the nearest codes, on samples that it has not seen', async () => {
    const model = network();
    const [rounded] = await round(model);
    const runtime = await loadOrt();
    const { signal } = new AbortController();
    const reference = await Reference.of(model, { runtime, samples: sourceOf(pictures(24, 4)), signal });
    const toNearest = withWeights(model, (tensor) => {
      if (!rounded!.has(tensor)) return undefined;
      const { quantized, quantizer } = quantizeTensor(values(tensor), tensor.shape, {
        type: 'int8',
        axis: 0,
        symmetric: true,
      });
      const bytes = new Uint8Array(quantizer.dequantize(quantized).buffer);
      return tensor.with({ data: { kind: 'bytes', bytes } });
    });
    const before = (await reference.measure(toNearest)).sqnrDb;
    const after = (await reference.measure(withWeights(model, (tensor) => rounded!.get(tensor)))).sqnrDb;
    assert.ok(after > before + 4, `${before} → ${after} dB`);
  });

  it('takes one scale for a whole weight, and several grids at once', async () => {
    const model = network();
    const [fine, coarse] = await round(model, [grid, { range: { qmin: -7, qmax: 7 }, perChannel: false }]);
    assert.equal(fine!.size, coarse!.size);
    for (const after of coarse!.values()) assert.ok(new Set(values(after)).size <= 15);
  });

  it('leaves out weights that several layers read', async () => {
    const shared = build({ inputs: { x: ['float', [1, 8, 6, 6]] } })
      .initializer('w', 'float', [8, 8, 3, 3])
      .node('Conv', ['x', 'w'], 'a', { pads: [1, 1, 1, 1] })
      .node('Conv', ['a', 'w'], 'y')
      .output('y')
      .model();
    assert.deepEqual(
      (await round(shared)).map(({ size }) => size),
      [0],
    );
  });
});
