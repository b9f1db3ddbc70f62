// Zeros in trained models: the pattern holds in every layer, and the compressed file is smaller.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { type LinearLayer, linearLayerOf, weightsOf } from '../../pass/linearLayer';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

const models = sharedFolder('zeros in trained models', 'models');

const compressed = (model: Model): number => gzipSync(encodeModel(model), { level: 1 }).length;

function layersOf(model: Model, changed: readonly string[]): LinearLayer[] {
  const nodes = [...model.graph.allNodes()].filter(({ label }) => changed.includes(label));
  return nodes.map((node) => linearLayerOf(node)).filter((layer) => typeof layer === 'object');
}

/** Runs of four inputs of one output with more than two weights that are not zero. */
function fullRuns(layer: LinearLayer): number {
  let full = 0;
  for (let group = 0; group < layer.groups; group++) {
    const { rows, columns, data } = weightsOf(layer, group);
    for (let row = 0; row < rows; row++) {
      for (let at = 0; at + 4 <= columns; at += 4) {
        let left = 0;
        for (let i = row * columns + at, end = i + 4; i < end; i++) if (data[i] !== 0) left++;
        if (left > 2) full++;
      }
    }
  }
  return full;
}

if (models) {
  describe('passes/prune-weights on trained models', () => {
    const name = 'cifar_resnet';
    it(`keeps two of four in ${name}, and the file compresses to less`, async () => {
      const model = readModel(join(models, `${name}.onnx`));
      const half = await runPass(pass, model, { options: { pattern: '2:4' }, idempotent: false });
      const layers = layersOf(
        half.model,
        half.changed.map(({ node }) => node),
      );
      assert.ok(layers.length > 10, `${layers.length} layers`);
      for (const layer of layers) assert.equal(fullRuns(layer), 0, layer.node.label);
      const most = await runPass(pass, model, { options: { sparsity: 0.8 }, idempotent: false });
      const sizes = [model, half.model, most.model].map(compressed);
      const [before, twoOfFour, fifth] = sizes as [number, number, number];
      assert.ok(twoOfFour < 0.75 * before, `${twoOfFour} of ${before} bytes`);
      assert.ok(fifth < 0.45 * before, `${fifth} of ${before} bytes`);
      say(`${name}: gzip ${before} bytes, 2:4 ${twoOfFour}, 80 % zeros ${fifth}`);
    });
  });
}
