/** The real terminal: runs jobs in this process, with progress, Ctrl-C, and nothing left behind. */
import { rmSync } from 'node:fs';
import { runJob } from '../jobs/jobs';
import { type JobContext } from '../jobs/context';
import { exitCodeOf } from '../protocol/errors';
import { type Terminal } from './command';
import { ProgressLine } from './progressLine';

/** A terminal over this process's streams; `verbose` shows what jobs log. */
export function processTerminal(verbose: boolean): Terminal {
  const progress = new ProgressLine(process.stderr);
  const temporary = new Set<string>();
  const abort = new AbortController();
  const stop = (): void => {
    // The runtime may be deep in native code: what is half written is removed here and now.
    abort.abort();
    progress.clear();
    for (const file of temporary) rmSync(file, { force: true });
    process.stderr.write('lapidary: Cancelled; nothing was written.\n');
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
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        return await runJob(kind, request, context);
      } finally {
        progress.clear();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    },
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    styled: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
}
