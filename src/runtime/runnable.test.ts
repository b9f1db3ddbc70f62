import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from '../../test/support/models';
import { type Model } from '../graph/model';
import { Tensor } from '../graph/tensor';
import { LapidaryError } from '../protocol/errors';
import { loadOrt } from './ort';
import { type InferenceRuntime } from './port';
import { openModelIn } from './runnable';

/** y = x + w with so many megabytes of w. */
const model = (megabytes: number): Model => {
  const size = megabytes * 250_000;
  const builder = build({ inputs: { x: ['float', [1]] } });
  builder.constant(Tensor.ofBytes('w', 'float', [size], new Uint8Array(4 * size)));
  return builder.node('Add', ['x', 'w'], 'y').output('y', 'float', [size]).model();
};

describe('runtime/runnable', () => {
  it('hands small models over as bytes', async () => {
    const runtime = await loadOrt();
    const given: unknown[] = [];
    const watching: InferenceRuntime = {
      ...runtime,
      limits: runtime.limits,
      open: (bytes, options) => {
        given.push(bytes);
        return runtime.open(bytes, options);
      },
    };
    await (await openModelIn(watching, model(1))).close();
    assert.ok(given[0] instanceof Uint8Array);
  });

  it('keeps the file of a session until it is closed', async () => {
    const paths: string[] = [];
    const runtime = await loadOrt();
    const watching: InferenceRuntime = {
      ...runtime,
      limits: runtime.limits,
      open: (given, options) => {
        if (typeof given === 'string') paths.push(given);
        return runtime.open(given, options);
      },
    };
    const session = await openModelIn(watching, model(65));
    assert.ok(existsSync(paths[0]!));
    const feeds = { x: { dataType: 'float' as const, shape: [1], data: Float32Array.of(2) } };
    assert.equal((await session.run(feeds)).y!.data[5], 2);
    await session.close();
    assert.ok(!existsSync(dirname(paths[0]!)));
    const failing: InferenceRuntime = {
      ...watching,
      open: (given) => {
        paths.push(String(given));
        return Promise.reject(new LapidaryError('runtime-failed', 'No.'));
      },
    };
    await assert.rejects(openModelIn(failing, model(65)), LapidaryError);
    assert.ok(!existsSync(dirname(paths[1]!)));
  });
});
