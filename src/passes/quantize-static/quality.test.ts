import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cifarImages, top1 } from '../../../test/support/cifar';
import { sourceOf } from '../../../test/support/feeds';
import { pass } from '../../../test/support/quantizeStatic';
import { passContext, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { type DataSource } from '../../data/source';
import { readModel } from '../../graph/fromOnnx';
import { encodeModel } from '../../graph/toOnnx';
import { parseOptions } from '../../pass/option';
import { loadOrt } from '../../runtime/ort';
import { type Feeds } from '../../runtime/port';

const plane = 3 * 32 * 32;

/** The images one by one, for an input of this name. */
function oneByOne(images: Float32Array, input: string): DataSource {
  const feeds = Array.from({ length: images.length / plane }, (_, index): Feeds => {
    const data = images.subarray(index * plane, (index + 1) * plane);
    return { [input]: { dataType: 'float', shape: [1, 3, 32, 32], data } };
  });
  return sourceOf(feeds);
}

describe('passes/quantize-static: quality on real models', function () {
  this.timeout(60_000);
  for (const [name, leastDrop] of [
    ['cifar_resnet.onnx', 0.01],
    ['cifar_vit.onnx', 0.015],
  ] as const) {
    it(`keeps the accuracy of ${name}`, async () => {
      const shared = sharedFolder(`accuracy of ${name} after static quantization`);
      if (shared === undefined) return;
      const model = readModel(join(shared, 'models', name));
      const seen = cifarImages(join(shared, 'data/cifar10-test'), 4).images.data as Float32Array;
      const held = cifarImages(join(shared, 'data/cifar10-test'), 30);
      const runtime = await loadOrt();
      const data = oneByOne(seen, model.graph.inputs[0]!.name);
      const options = parseOptions(pass.declaration.options, { method: 'minmax', layers: 'all' });
      const { model: result } = await pass.apply(model, options, passContext({ runtime, data }));
      const [before, after] = [await runtime.open(encodeModel(model)), await runtime.open(encodeModel(result))];
      try {
        const [float, int8] = [await top1(before, held), await top1(after, held)];
        const ratio = encodeModel(result).length / encodeModel(model).length;
        say(
          `${name}: top-1 ${(100 * float).toFixed(1)} → ${(100 * int8).toFixed(1)} %, ${ratio.toFixed(3)} of the size`,
        );
        assert.ok(int8 >= float - leastDrop);
        assert.ok(ratio <= 0.28);
      } finally {
        await before.close();
        await after.close();
      }
    });
  }
});
