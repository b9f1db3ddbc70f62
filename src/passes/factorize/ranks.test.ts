import assert from 'node:assert/strict';
import { loadOrt } from '../../runtime/ort';
import { channelStep } from '../../runtime/processor';
import { build } from '../../../test/support/models';
import { runPass } from '../../../test/support/runPass';
import { apply } from './apply';
import { declaration } from './declaration';

/** Ranks of every layer of a narrow network, at half of the cost. */
async function ranks(multipleOf: number, measure: boolean): Promise<number[]> {
  const model = build({ inputs: { x: ['float', [1, 32, 16, 16]] } })
    .conv('x', 'a', { channels: 32, inputChannels: 32, pad: 1 })
    .relu('a', 'r')
    .conv('r', 'b', { channels: 32, inputChannels: 32, pad: 1 })
    .output('b')
    .model();
  const options = { scheme: 'spatial' as const, ratio: 0.5, measure, multipleOf };
  const context = { runtime: await loadOrt() };
  const { changed } = await runPass({ declaration, apply }, model, { options, context, idempotent: false });
  return changed.flatMap(({ removed = [] }) => removed.map(({ after }) => after));
}

describe('passes/factorize: ranks', () => {
  it('are multiples of what the processor works on at a time where layers are measured, in narrow ones too', async () => {
    const found = await ranks(0, true);
    assert.ok(
      found.every((rank) => rank % channelStep() === 0),
      found.join(),
    );
  });

  it('are finer in narrow layers where only the arithmetic counts', async () => {
    const found = await ranks(0, false);
    assert.ok(found.length > 0 && found.every((rank) => rank % (channelStep() / 2) === 0), found.join());
    assert.ok(
      found.some((rank) => rank % channelStep() !== 0),
      found.join(),
    );
  });

  it('are multiples of what is asked for', async () => {
    const found = await ranks(5, false);
    assert.ok(found.length > 0 && found.every((rank) => rank % 5 === 0), found.join());
  });
});
