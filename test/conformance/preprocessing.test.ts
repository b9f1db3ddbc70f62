// Preprocessing against Pillow: the same photographs through the same network must be told apart equally well.
import assert from 'node:assert/strict';
import path from 'node:path';
import { openData } from '../../src/data/openData';
import { loadOrt } from '../../src/runtime/ort';
import { sharedFolder } from '../support/shared';

describe('preprocessing of photographs', () => {
  it('scores as Pillow does: 73 and 90 of the first 100', async function () {
    const shared = sharedFolder('preprocessing of photographs');
    if (shared === undefined) return this.skip();
    const session = await (await loadOrt()).open(path.join(shared, 'models/squeezenet1.1_fp32.onnx'), { threads: 2 });
    const image = { resize: 256, crop: 224, channels: 'BGR', scale: 1, mean: [104, 117, 123] };
    const source = path.join(shared, 'data/imagenet-samples-even');
    const labels = path.join(shared, 'data/imagenet_index.tsv');
    const data = await openData({ source, labels, samples: 100, description: { image } }, session.inputs);
    let [top1, top5] = [0, 0];
    for await (const { feeds, label } of data.samples()) {
      const [scores] = Object.values(await session.run(feeds));
      const values = scores!.data as Float32Array;
      const better = values.filter((score) => score > values[label!]!).length;
      if (better < 1) top1++;
      if (better < 5) top5++;
    }
    await session.close();
    console.log(`      top-1 ${top1}, top-5 ${top5} of 100`);
    assert.deepEqual([top1, top5], [73, 90]);
  });
});
