import assert from 'node:assert/strict';
import { type Outcome, runSteps, type Step } from './steps';

describe('host/wizard/steps', () => {
  const script = (seen: string[], name: string, outcomes: Outcome[]): Step => {
    return ({ step, total, canGoBack }) => {
      seen.push(`${name} ${step}/${total}${canGoBack ? ' back' : ''}`);
      return Promise.resolve(outcomes.shift() ?? 'next');
    };
  };

  it('goes forth and back', async () => {
    const seen: string[] = [];
    const steps = [script(seen, 'a', []), script(seen, 'b', ['back'])];
    assert.equal(await runSteps(() => steps), true);
    assert.deepEqual(seen, ['a 1/2', 'b 2/2 back', 'a 1/2', 'b 2/2 back']);
  });

  it('ends when the person gives up, and stays on the first step when there is nothing to go back to', async () => {
    const seen: string[] = [];
    const first = script(seen, 'b', ['back', 'cancel']);
    assert.equal(await runSteps(() => [first]), false);
    assert.deepEqual(seen, ['b 1/1', 'b 1/1']);
  });

  it('lets an answer decide what comes next', async () => {
    const seen: string[] = [];
    let more = false;
    const first: Step = (place) => {
      seen.push(`first of ${place.total}`);
      more = true;
      return Promise.resolve('next');
    };
    await runSteps(() => (more ? [first, script(seen, 'second', [])] : [first]));
    assert.deepEqual(seen, ['first of 1', 'second 2/2 back']);
  });
});
