import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { npyFloats } from '../../test/support/npy';
import { loadOrt } from '../runtime/ort';
import { CarriedState } from './carriedState';
import { openData } from './openData';

/** A running sum: total_out = total + x. */
const sum = build({ inputs: { x: ['float', [1]], total: ['float', [1]] } })
  .node('Add', ['x', 'total'], 'total_out')
  .node('Identity', ['total_out'], 'y')
  .output('total_out')
  .output('y');

/** Two arrays of numbers, read in order, and a description with this state. */
function described(state: Readonly<Record<string, string>>, more: object = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-'));
  mkdirSync(path.join(folder, 'x'));
  writeFileSync(path.join(folder, 'x', '1.npy'), npyFloats([3, 1], [1, 2, 3]));
  writeFileSync(path.join(folder, 'x', '2.npy'), npyFloats([2, 1], [10, 20]));
  const file = path.join(folder, 'sum.data.json');
  writeFileSync(file, JSON.stringify({ samples: 'x', input: 'x', state, ...more }));
  return file;
}

async function run(file: string): Promise<number[]> {
  const session = await (await loadOrt()).open(sum.bytes());
  try {
    const source = await openData({ source: file }, session.inputs);
    const state = new CarriedState(source.state);
    const seen: number[] = [];
    for await (const sample of source.samples()) {
      const { results } = await state.run(session, sample, ['y']);
      seen.push(Number(results.y!.data[0]));
    }
    return seen;
  } finally {
    await session.close();
  }
}

describe('data/carriedState', () => {
  it('feeds outputs back from sample to sample, from zeros, anew with each file', async () => {
    assert.deepEqual(await run(described({ total_out: 'total' })), [1, 3, 6, 10, 30]);
  });

  it('starts from what the data says', async () => {
    const inputs = { x: { samples: 'x' }, total: { fill: 100 } };
    const file = described({ total_out: 'total' }, { samples: undefined, input: undefined, inputs });
    assert.deepEqual(await run(file), [101, 103, 106, 110, 130]);
  });

  it('names an input or output that the model lacks', async () => {
    await assert.rejects(run(described({ total_out: 'sum' })), { code: 'data', message: /no input "sum"/ });
    await assert.rejects(run(described({ nothing: 'total' })), { code: 'data', message: /output "nothing"/ });
  });
});
