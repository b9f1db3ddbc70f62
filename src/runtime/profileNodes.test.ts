import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { LapidaryError } from '../protocol/errors';
import { loadOrt } from './ort';
import { profileNodes, timingsOf } from './profileNodes';

const model = () =>
  build({ inputs: { x: ['float', [1, 3, 8, 8]] } })
    .conv('x', 'c', { channels: 4, inputChannels: 3, name: 'first' })
    .relu('c', 'y')
    .output('y', 'float')
    .bytes();

const feeds = { x: { dataType: 'float' as const, shape: [1, 3, 8, 8], data: new Float32Array(192) } };

describe('runtime/profileNodes', () => {
  it('times every node of the optimized graph, without the warm-up', async () => {
    const timings = await profileNodes(await loadOrt(), model(), feeds, { runs: 3, optimization: 'basic' });
    assert.deepEqual(
      timings.map(({ opType, provider, executions }) => [opType, provider, executions]),
      [
        ['Conv', 'CPUExecutionProvider', 3],
        ['Relu', 'CPUExecutionProvider', 3],
      ],
    );
    assert.equal(timings[0]!.name, 'first');
    assert.deepEqual([timings[0]!.inputTypes, timings[0]!.outputTypes], [['float', 'float', 'float'], ['float']]);
    assert.ok(timings.every(({ medianUs }) => medianUs >= 0));
  });

  it('tells nodes of one name apart and takes the median', () => {
    const event = (index: number, dur: number) => ({
      cat: 'Node',
      name: 'Transpose_kernel_time',
      dur,
      args: { op_name: 'Transpose', node_index: `${index}`, provider: 'CPU', input_type_shape: [{ uint8: [1] }] },
    });
    const events = [
      event(1, 900),
      event(2, 1),
      event(1, 10),
      event(2, 3),
      event(1, 30),
      event(2, 5),
      { cat: 'Session' },
    ];
    const [first, second] = timingsOf(events, 2);
    assert.deepEqual([first!.medianUs, second!.medianUs], [20, 4]);
    assert.deepEqual([first!.name, first!.inputTypes, first!.outputTypes], ['', ['uint8'], []]);
    assert.throws(() => timingsOf({}, 1), LapidaryError);
  });

  it('can be cancelled', async () => {
    const run = profileNodes(await loadOrt(), model(), feeds, { signal: AbortSignal.abort() });
    await assert.rejects(run, (thrown: unknown) => thrown instanceof LapidaryError && thrown.code === 'cancelled');
  });
});
