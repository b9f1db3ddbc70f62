import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { build } from '../../test/support/models';
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { openWatched } from './openWatched';
import { loadOrt } from './ort';
import { tellingOfFolders } from './temporaryFolder';

const model = (): Model =>
  build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
    .conv('x', 'c', { channels: 4, inputChannels: 3, name: 'first' })
    .relu('c', 'y')
    .output('y', 'float')
    .model();

const feeds = { x: { dataType: 'float' as const, shape: [1, 3, 8, 8], data: new Float32Array(192).fill(1) } };

describe('runtime/openWatched', () => {
  it('gives the graph that the runtime runs, times and a session that runs on, and leaves nothing behind', async () => {
    const folders: [string, boolean][] = [];
    const runtime = await loadOrt();
    const { session, optimized, timings } = await tellingOfFolders(
      (path, exists) => void folders.push([path, exists]),
      () => openWatched(runtime, model(), { feeds, runs: 3 }),
    );
    assert.ok(
      [...optimized.graph.nodes()].every(({ opType }) => opType !== 'Relu'),
      'Relu is fused',
    );
    assert.ok(timings!.some(({ opType, executions }) => opType === 'Conv' && executions === 3));
    assert.deepEqual(
      folders.map(([, exists]) => exists),
      [true, false],
    );
    assert.ok(!existsSync(folders[0]![0]));
    const { y } = await session.run(feeds);
    assert.equal(y!.data.length, 4 * 6 * 6);
    await session.close();
  });

  it('does not run the model where it is given no inputs', async () => {
    const { session, timings } = await openWatched(await loadOrt(), model());
    assert.equal(timings, undefined);
    await session.close();
  });

  it('leaves nothing behind when the model cannot be loaded', async () => {
    const folders: string[] = [];
    const runtime = await loadOrt();
    const unknown = build({ inputs: { x: ['float', [1]] } })
      .node('NoSuchOperator', ['x'], 'y')
      .output('y', 'float');
    const refused = tellingOfFolders(
      (path) => void folders.push(path),
      () => openWatched(runtime, unknown.model()),
    );
    await assert.rejects(refused, LapidaryError);
    assert.ok(folders.length === 2 && !existsSync(folders[0]!));
  });
});
