import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { passContext } from '../../../test/support/runPass';
import { type Fidelity } from '../reference';
import { allocate, type AllocateSettings, noiseAt } from './allocate';
import { type GroupCurve } from './groupCurves';
import { judge, type Judged } from './round';

/** Two hidden layers of 16 and a head: groups 0 and 1 cost much the same. */
const model = () =>
  build({ inputs: { x: ['float', [1, 16]] } })
    .gemm('x', 'a', [16, 16], { name: 'one' })
    .relu('a', 'ra')
    .gemm('ra', 'b', [16, 16], { name: 'two' })
    .relu('b', 'rb')
    .gemm('rb', 'y', [16, 16], { name: 'head' })
    .output('y', 'float', [1, 16])
    .model();

const fidelity = (sqnrDb: number): Fidelity => ({ sqnrDb, outputs: [] });

describe('pass/prune/allocate', () => {
  let judged: Judged;
  before(async () => {
    const settings = { criterion: 'l2', seed: 1, calibrationSamples: 1 } as const;
    judged = await judge(model(), { ...settings, reasonToKeep: ({ frozen }) => frozen?.reason }, passContext());
  });

  const curve = (index: number, decibels: readonly number[]): GroupCurve => ({
    group: judged.found.groups[index]!,
    points: decibels.map((db, at) => ({ removed: 4 * (at + 1), fidelity: fidelity(db) })),
  });
  const settings = (change: Partial<AllocateSettings> = {}): AllocateSettings => ({
    ...{ amount: 0.3, target: 'macs', multipleOf: 4, adaptMultiple: false, maxShare: 0.75 },
    ...change,
  });

  it('takes more from the group that costs the outputs less', () => {
    const [one, two] = allocate(judged, [curve(0, [40, 30, 20]), curve(1, [10, 5, 1])], settings());
    assert.ok(one! < two!, `${one} and ${two}`);
    assert.ok(Math.abs(judged.cost.macs([one!, two!, 16]) - 0.7) < 0.1);
  });

  it('looks past a step that is dear when the next one is nearly free', () => {
    const kept = allocate(judged, [curve(0, [12, 11.9, 11.8]), curve(1, [11, 8, 5])], settings({ amount: 0.4 }));
    assert.deepEqual(kept.slice(0, 2), [4, 16]);
  });

  it('stays within the bounds, and leaves groups whole that have no curve', () => {
    const kept = allocate(judged, [curve(0, [40, 30, 20])], settings({ amount: 0.9 }));
    assert.deepEqual(kept.slice(0, 2), [4, 16]);
    assert.deepEqual(allocate(judged, [], settings()).slice(0, 2), [16, 16]);
  });

  it('draws noise between what was measured as a power of what is removed, never falling', () => {
    const own = curve(0, [30, 20, 22]);
    assert.equal(noiseAt(own, 0), 0);
    assert.ok(Math.abs(noiseAt(own, 4) - 1e-3) < 1e-9);
    assert.ok(Math.abs(noiseAt(own, 2) - 1e-3 / 8) < 1e-9, 'cubic at most');
    assert.ok(noiseAt(own, 6) > 1e-3 && noiseAt(own, 6) < 1e-2);
    assert.equal(noiseAt(own, 12), noiseAt(own, 8));
  });
});
