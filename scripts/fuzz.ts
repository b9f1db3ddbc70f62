// npm run fuzz [-- rounds [first]]: damages small models and takes each through reading, checking, profiling, printing
// and writing, in a child process that is watched: a crash, a hang, much memory or an untyped error is a find.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzCase, surviveCase } from '../test/support/fuzzCase';
import { fuzzModels } from '../test/support/fuzzModels';

const mostCpuSeconds = 2;
const mostMegabytes = 300;
/** Wall seconds after which a case is taken for hung, however busy the machine is. */
const patience = 20;

interface Answer {
  readonly index: number;
  readonly outcome: string;
  readonly cpuSeconds: number;
  readonly megabytes: number;
  readonly find?: string;
}

/** In the child: one case for each message. */
function serve(): void {
  const models = fuzzModels();
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-fuzz-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.on('disconnect', () => process.exit());
  process.on('message', (index: number) => {
    void answer(models, folder, index).then((report) => process.send!(report));
  });
  process.send!('ready');
}

async function answer(models: ReturnType<typeof fuzzModels>, folder: string, index: number): Promise<Answer> {
  const damaged = fuzzCase(models, index);
  const start = process.cpuUsage();
  let outcome = 'untyped';
  let find: string | undefined;
  try {
    outcome = await surviveCase(damaged, folder, index);
  } catch (thrown) {
    find = `${damaged.mutation} of ${damaged.model}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
  const { user, system } = process.cpuUsage(start);
  const cpuSeconds = (user + system) / 1e6;
  const megabytes = process.resourceUsage().maxRSS / 1e3;
  if (cpuSeconds > mostCpuSeconds) find ??= `${damaged.mutation} of ${damaged.model} took ${cpuSeconds} s`;
  if (megabytes > mostMegabytes) find ??= `${damaged.mutation} of ${damaged.model} took ${megabytes} MB`;
  return { index, outcome, cpuSeconds, megabytes, find };
}

/** In the parent: hands out the cases and tells what came of them; the exit code is 1 when there were finds. */
async function watch(rounds: number, first: number): Promise<void> {
  const outcomes = new Map<string, number>();
  const finds: string[] = [];
  let [slowest, peak, next] = [{ index: -1, cpuSeconds: 0 }, 0, first];
  const started = performance.now();
  const last = first + rounds;
  while (next < last) {
    const asked = await untilChildEnds(
      () => (next < last ? next++ : undefined),
      (report) => {
        outcomes.set(report.outcome, (outcomes.get(report.outcome) ?? 0) + 1);
        if (report.cpuSeconds > slowest.cpuSeconds) slowest = report;
        peak = Math.max(peak, report.megabytes);
        if (report.find) finds.push(`case ${report.index}, ${report.find}`);
        // A process that has once been large stays large: the next cases get one of their own.
        return report.megabytes <= mostMegabytes;
      },
    );
    if (asked !== undefined) finds.push(`case ${asked}: crashed, or hung for ${patience} s`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${rounds} cases in ${seconds} s: ${[...outcomes].map(([code, count]) => `${code} ${count}`).join(', ')}`,
  );
  console.log(`slowest: case ${slowest.index}, ${slowest.cpuSeconds.toFixed(2)} s of CPU; peak ${peak.toFixed(0)} MB`);
  for (const find of finds) console.log(`FIND ${find}`);
  console.log(`${finds.length} finds`);
  process.exitCode = finds.length > 0 ? 1 : 0;
}

/** Runs one child until there is nothing more to ask or it ends; gives the case that it ended in. */
function untilChildEnds(ask: () => number | undefined, hear: (report: Answer) => boolean): Promise<number | undefined> {
  const options = ['--import', 'tsx', '--max-semi-space-size=4', '--max-old-space-size=200'];
  const child: ChildProcess = fork(__filename, ['--child'], { execArgv: options });
  return new Promise((resolve) => {
    let current: number | undefined;
    let alarm: NodeJS.Timeout | undefined;
    child.on('message', (message: Answer | 'ready') => {
      clearTimeout(alarm);
      current = undefined;
      const healthy = message === 'ready' || hear(message);
      const index = healthy ? ask() : undefined;
      if (index === undefined) {
        child.disconnect();
        return;
      }
      current = index;
      alarm = setTimeout(() => child.kill('SIGKILL'), patience * 1000);
      child.send(index);
    });
    child.once('exit', () => {
      clearTimeout(alarm);
      resolve(current);
    });
  });
}

if (process.argv.includes('--child')) serve();
else void watch(Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 0));
