// What a job hands from step to step, and to the comparison, so that corrections around quantization work.
import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { temporaryFolder } from '../../test/support/folder';
import { unbalanced } from '../../test/support/unbalanced';
import { writeModel } from '../graph/toOnnx';
import { loadOrt } from '../runtime/ort';
import { runJob } from './jobs';

describe('jobs: corrections', () => {
  const at = temporaryFolder();

  it('corrects biases towards, and compares layers with, the float model that was quantized', async () => {
    const conv = { channels: 8, inputChannels: 8, pad: 1 } as const;
    const model = build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'a', conv)
      .relu('a', 'b')
      .conv('b', 'c', conv)
      .relu('c', 'd')
      .conv('d', 'y', conv)
      .output('y')
      .model();
    await writeModel(unbalanced(model, { most: 10 }), at('model.onnx'));
    const data = { source: 'random', samples: 4 };
    const request = {
      input: at('model.onnx'),
      output: at('model.int8.onnx'),
      overwrite: false,
      data,
      steps: [
        { pass: 'equalize-layers', options: {} },
        { pass: 'quantize-static', options: { method: 'minmax', perChannel: false, layers: 'all' } },
        { pass: 'correct-bias', options: {} },
      ],
      evaluate: { data, latency: false },
    };
    const context = {
      ...{ runtime: loadOrt, signal: new AbortController().signal },
      ...{ progress: () => undefined, log: () => undefined, temporary: () => undefined },
    };
    const report = await runJob('compress', request, context);
    const reasons = report.passes.flatMap(({ skipped }) => skipped.map(({ reason }) => reason));
    assert.ok(!reasons.some((reason) => /too far/.test(reason)), reasons.join('\n'));
    // Beside the original, the scaled channels would look like errors.
    for (const { name, outputSqnrDb } of report.evaluation!.layers) {
      assert.ok((outputSqnrDb ?? Infinity) > 20, `${name}: ${outputSqnrDb} dB`);
    }
    assert.ok(report.evaluation!.layers.filter(({ outputSqnrDb }) => typeof outputSqnrDb === 'number').length >= 3);
  });
});
