// How many tests passed: what a suite hands over, and the line that closes a run.
import fs from 'node:fs';
import path from 'node:path';
import { outFolder } from '../lib/paths';

/** The outcome of one suite. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The outcome of a check that is either right or wrong. */
export function oneCheck(passed: boolean): Counts {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** The sum of several outcomes. */
export function sum(all: readonly Counts[]): Counts {
  const total = (key: keyof Counts): number => all.reduce((count, each) => count + each[key], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

/** Path of an empty slot for the counts of the suite of this name. */
export function countsFile(name: string): string {
  const file = path.join(outFolder, 'test-counts', `${name}.json`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.rmSync(file, { force: true });
  return file;
}

/** What a suite left in its slot. One that crashed, ran nothing or ended badly without saying so has failed. */
export function readCounts(file: string, exitCode: number): Counts {
  if (!fs.existsSync(file)) return oneCheck(false);
  const counts = JSON.parse(fs.readFileSync(file, 'utf8')) as Counts;
  const isBroken = counts.failed === 0 && (exitCode !== 0 || counts.passed === 0);
  return isBroken ? { ...counts, failed: 1 } : counts;
}

/** Runs suites one after the other, prints a table of their outcomes and gives the sum. */
export async function runAll(suites: readonly (readonly [string, () => Promise<Counts>])[]): Promise<Counts> {
  const rows: { name: string; counts: Counts; seconds: number }[] = [];
  for (const [name, suite] of suites) {
    console.log(`\n=== ${name}`);
    const started = performance.now();
    const counts = await suite().catch((error: unknown) => {
      console.error(error);
      return oneCheck(false);
    });
    rows.push({ name, counts, seconds: (performance.now() - started) / 1000 });
  }
  console.log('');
  for (const { name, counts, seconds } of rows) {
    const { passed, failed, skipped } = counts;
    console.log(`  ${name.padEnd(16)} ${passed} ok, ${failed} bad, ${skipped} skipped  (${seconds.toFixed(1)} s)`);
  }
  return sum(rows.map((row) => row.counts));
}

/** The last line of a run, alone on its line, as continuous integration reads it. */
export function closingLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
