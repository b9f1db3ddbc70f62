/** The real terminal: runs jobs in this process, with progress, Ctrl-C, and nothing left behind. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { runJob } from '../jobs/jobs';
import { type JobContext } from '../jobs/context';
import { exitCodeOf } from '../protocol/errors';
import { type Terminal } from './command';
import { ProgressLine } from './progressLine';

/** How to talk. */
export interface TerminalOptions {
  /** Shows what jobs log. */
  readonly verbose: boolean;
  /** Says on standard output, as JSON, that the job was cancelled. */
  readonly json: boolean;
}

/** Ctrl-C, a polite kill, and a terminal that was closed. */
const stopping = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal over this process's streams. */
export function processTerminal({ verbose, json }: TerminalOptions): Terminal {
  const progress = new ProgressLine(process.stderr);
  const temporary = new Set<string>();
  const abort = new AbortController();
  /** How far the job came, for whoever stops it. */
  let state = (): string => '';
  const stop = (): void => {
    // The runtime may be deep in native code: what is half written is removed here and now.
    abort.abort();
    progress.clear();
    for (const file of temporary) rmSync(file, { recursive: true, force: true });
    const message = `Cancelled${state()}.`;
    if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'cancelled', message } }, null, 2)}\n`);
    process.stderr.write(`lapidary: ${message}\n`);
    process.exit(exitCodeOf('cancelled'));
  };
  const context: JobContext = {
    signal: abort.signal,
    async runtime() {
      const { loadOrt } = await import('../runtime/ort');
      return loadOrt();
    },
    progress: (state) => progress.show(state),
    log(message) {
      if (!verbose) return;
      progress.clear();
      process.stderr.write(`${message}\n`);
    },
    temporary(path, exists) {
      if (exists) temporary.add(path);
      else temporary.delete(path);
    },
  };
  return {
    async run(kind, request) {
      state = 'output' in request ? watch(request.output) : () => '';
      for (const signal of stopping) process.on(signal, stop);
      try {
        return await runJob(kind, request, context);
      } finally {
        progress.clear();
        for (const signal of stopping) process.off(signal, stop);
      }
    },
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    styled: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
}

/** Tells whether a job has finished its output: one that appears whole has another version than before. */
function watch(output: string): () => string {
  const version = (): string | undefined => {
    // Not with statSync alone: it throws at a name that cannot be, which the job explains better.
    const found = existsSync(output) ? statSync(output, { throwIfNoEntry: false }) : undefined;
    return found && `${found.ino} ${found.mtimeMs}`;
  };
  const before = version();
  return () => (version() === before ? '; nothing was written' : `; ${output} is written, but was not measured`);
}
