import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { closingLine, oneCheck, readCounts, sum } from './counts';

describe('test counts', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lapidary-counts-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  const left = (contents: string, exitCode: number): string => {
    const file = path.join(folder, 'counts.json');
    fs.writeFileSync(file, contents);
    return closingLine(readCounts(file, exitCode));
  };

  it('takes what a suite says', () => {
    assert.equal(left('{"passed":3,"failed":0,"skipped":1}', 0), '3 passed, 0 failed');
    assert.equal(left('{"passed":3,"failed":2,"skipped":0}', 2), '3 passed, 2 failed');
  });

  it('counts a suite that left nothing, ran nothing or ended badly as failed', () => {
    assert.equal(closingLine(readCounts(path.join(folder, 'absent.json'), 0)), '0 passed, 1 failed');
    assert.equal(left('{"passed":0,"failed":0,"skipped":0}', 0), '0 passed, 1 failed');
    assert.equal(left('{"passed":3,"failed":0,"skipped":0}', 1), '3 passed, 1 failed');
  });

  it('sums', () => {
    const total = sum([oneCheck(true), oneCheck(false), { passed: 5, failed: 0, skipped: 2 }]);
    assert.deepEqual(total, { passed: 6, failed: 1, skipped: 2 });
  });
});
