// What .ci/run does once the dependencies are there: the checks, then `npm test`, then the sum of all.
import { run } from './lib/child';
import { root } from './lib/paths';
import { closingLine, type Counts, countsFile, oneCheck, readCounts, runAll } from './test/counts';

const checks: readonly (readonly [string, string, readonly string[]])[] = [
  ['types: src', 'tsc', ['-p', 'tsconfig.json']],
  ['types: tests', 'tsc', ['-p', 'tsconfig.test.json']],
  ['types: webview', 'tsc', ['-p', 'webview/tsconfig.json']],
  ['lint', 'eslint', ['.']],
  ['manifest', 'tsx', ['scripts/manifest.ts', '--check']],
];

async function check(command: string, args: readonly string[]): Promise<Counts> {
  const code = await run('npx', ['--no-install', command, ...args], { cwd: root });
  return oneCheck(code === 0);
}

async function tests(): Promise<Counts> {
  const total = countsFile('total');
  const code = await run('npm', ['test', '--silent'], {
    cwd: root,
    env: { ...process.env, LAPIDARY_TEST_TOTAL: total },
  });
  return readCounts(total, code);
}

async function main(): Promise<void> {
  const all = checks.map(([name, command, args]) => [name, () => check(command, args)] as const);
  const total = await runAll([...all, ['npm test', tests]]);
  console.log(`\n${closingLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

void main();
