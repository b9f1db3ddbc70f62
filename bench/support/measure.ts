/** Measures whole processes: wall time from start to end, processor time, peak resident memory. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { type Readable } from 'node:stream';

/** A program with its arguments, which reports on descriptor 3 (report.cjs, peer.py). */
export interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** On top of this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What one run took. */
export interface Measurement {
  readonly seconds: number;
  /** Of all threads, user and system. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** A contender that ended with an error. */
export class EndedBadly extends Error {
  constructor(
    name: string,
    readonly code: number | null,
    readonly complaints: string,
    /** What it took until then; zeros of what it did not report. */
    readonly measured: Measurement,
  ) {
    super(`${name} ended with ${code}: ${complaints.trim()}`);
  }
}

/**
 * Medians over the runs of each contender, in their order; the runs take turns so that all meet the same machine.
 * `warmups` rounds are not counted.
 */
export async function race(contenders: readonly Contender[], runs: number, warmups = 1): Promise<Measurement[]> {
  const measured: Measurement[][] = contenders.map(() => []);
  // The first round only warms the file cache.
  for (let run = -warmups; run < runs; run++) {
    for (const [index, contender] of contenders.entries()) {
      const measurement = await measure(contender);
      if (run >= 0) measured[index]!.push(measurement);
    }
  }
  return measured.map((all) => ({
    seconds: median(all.map(({ seconds }) => seconds)),
    cpuSeconds: median(all.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: median(all.map(({ peakBytes }) => peakBytes)),
  }));
}

/** Runs a contender once; its output goes nowhere. Throws with what it wrote when it fails. */
async function measure({ name, command, args, env }: Contender): Promise<Measurement> {
  const started = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<{ code: number | null; seconds: number }>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, seconds: (performance.now() - started) / 1000 }));
  });
  const [{ code, seconds }, errors, report] = await Promise.all([
    ended,
    text(child.stderr!),
    text(child.stdio[3] as Readable),
  ]);
  const used = report === '' ? { peakBytes: 0, cpuSeconds: 0 } : (JSON.parse(report) as Omit<Measurement, 'seconds'>);
  if (code !== 0) throw new EndedBadly(name, code, errors, { seconds, ...used });
  return { seconds, ...used };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
