import assert from 'node:assert/strict';
import { staleFiles } from './manifest';

describe('npm run manifest', () => {
  it('has been run since the declarations changed', () => {
    assert.deepEqual(staleFiles(), [], 'run "npm run manifest" and commit what it writes');
  });
});
