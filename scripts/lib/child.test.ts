import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { killTree, run, spawnOwned } from './child';

/** A program that starts another, says its process id, and then waits for ever. */
const parent = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

/** A process that nobody has waited for is still listed, but it is dead: Linux calls it a zombie. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  const stat = `/proc/${pid}/stat`;
  return fs.existsSync(stat) && / Z /.test(fs.readFileSync(stat, 'utf8'));
}

async function untilGone(pid: number): Promise<void> {
  while (!isGone(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('child processes', function () {
  before(function () {
    if (process.platform !== 'win32') return;
    console.log('Skipped: process groups are a POSIX thing');
    this.skip();
  });

  it('gives the exit code, also of a program that was killed', async () => {
    assert.equal(await run(process.execPath, ['-e', 'process.exit(7)']), 7);
    assert.equal(await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']), 1);
  });

  it('kills what a child has started', async () => {
    const child = spawnOwned(process.execPath, ['-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(child.stdout && child.pid !== undefined);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    killTree(child.pid);
    await untilGone(Number(line.toString()));
    killTree(child.pid); // gone already: nothing to say
  });

  it('ends its children when a signal ends it', async () => {
    const script = `
      const { spawnOwned } = require(${JSON.stringify(path.join(__dirname, 'child.ts'))});
      spawnOwned(process.execPath, ['-e', ${JSON.stringify(parent)}], { stdio: 'inherit' });
    `;
    const program = spawnOwned(process.execPath, ['--import', 'tsx', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.ok(program.stdout);
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    program.kill('SIGTERM');
    assert.deepEqual(await once(program, 'exit'), [130, null]);
    await untilGone(Number(line.toString()));
  });
});
