import assert from 'node:assert/strict';
import { findGroups } from '../../operators/groups/groups';
import { build } from '../../../test/support/models';
import { CostModel } from './costModel';
import { planKept, type PlanSettings } from './plan';

/** Three layers in a row, of which the first two may shrink; all channels matter alike. */
function plan(widths: readonly [number, number], change: Partial<PlanSettings> = {}): number[] {
  const model = build({ inputs: { x: ['float', [1, 16]] } })
    .gemm('x', 'a', [16, widths[0]])
    .relu('a', 'ra')
    .gemm('ra', 'b', [...widths])
    .relu('b', 'rb')
    .gemm('rb', 'y', [widths[1], 16])
    .output('y', 'float', [1, 16])
    .model();
  const found = findGroups(model);
  const scores = new Map([0, 1].map((group) => [group, Float64Array.from({ length: widths[group]! }, (_, at) => at)]));
  const settings: PlanSettings = {
    ...{ amount: 0.4, target: 'macs', scope: 'layer', perCost: false },
    ...{ multipleOf: 16, adaptMultiple: true, maxShare: 0.8 },
    ...change,
  };
  return planKept(found.groups, scores, new CostModel(model, found, new Map()), settings).slice(0, 2);
}

describe('pass/prune/plan', () => {
  it('keeps whole multiples where the goal is reached with them: a width between would take as long', () => {
    assert.deepEqual(plan([32, 64]), [16, 48]);
  });

  it('takes smaller steps in narrow layers where it is not', () => {
    const [first, second] = plan([16, 16]);
    assert.ok(first! < 16 && second! < 16 && first! % 4 === 0, `${first} and ${second}`);
  });

  it('holds to a multiple that was asked for', () => {
    assert.deepEqual(plan([16, 16], { adaptMultiple: false }), [16, 16]);
  });
});
