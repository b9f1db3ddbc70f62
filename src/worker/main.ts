/**
 * Entry of the worker process: takes jobs from its parent over IPC and answers with progress, a result or an error.
 * Protocol: src/protocol/worker.ts. Knows no job: src/jobs does the work.
 */
import { rmSync } from 'node:fs';
import { runJob } from '../jobs/jobs';
import { type JobContext } from '../jobs/context';
import { LapidaryError } from '../protocol/errors';
import { type InspectRequest, type JobProgress } from '../protocol/jobs';
import { packReport } from '../report/pack';
import { protocolVersion, type FromWorker, type JobRequest, type ToWorker } from '../protocol/worker';

/** Jobs in hand, to be cancelled by their number. */
const running = new Map<number, AbortController>();

/** Progress that only moves the bar is sent at most this often, ms; a new pass or node always is. */
const progressInterval = 30;

/** With as many layers as this, they take long enough that what is known before them is sent ahead. */
const manyLayers = 5000;

/** Temporary files and folders that are there: removed with this process, should its parent be gone. */
const temporary = new Set<string>();

/** Answers on their way to the parent. */
let underway: Promise<void> = Promise.resolve();

function send(message: FromWorker): void {
  // A parent that is gone needs no answer: 'disconnect' ends this process.
  if (process.connected) process.send?.(message);
}

/** Sends what a job comes to. It is written piece by piece, between which a next job would hold it up. */
function answer(message: FromWorker): void {
  if (!process.connected) return;
  underway = new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}

async function start(id: number, version: number, job: JobRequest): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  await underway;
  try {
    if (version !== protocolVersion) {
      throw new LapidaryError('internal', `The worker speaks protocol ${protocolVersion}, not ${version}.`, {
        hint: 'Reload the window: the extension was updated while it ran.',
      });
    }
    const context = contextFor(id, abort.signal);
    if (job.kind === 'inspect') await inspect(id, job.request, context);
    else answer({ type: 'result', id, result: await runJob(job.kind, job.request, context) });
  } catch (thrown) {
    answer({ type: 'error', id, error: LapidaryError.from(thrown).toReport() });
  } finally {
    running.delete(id);
  }
}

async function inspect(id: number, request: InspectRequest, context: JobContext): Promise<void> {
  const { inspectInParts } = await import('../jobs/inspect');
  const { head, layers } = await inspectInParts(request, context);
  if (head.model.layerCount >= manyLayers) {
    answer({ type: 'outlined', id, head });
    await underway;
  }
  answer({ type: 'inspected', id, packed: packReport(head, layers) });
}

function contextFor(id: number, signal: AbortSignal): JobContext {
  let last: JobProgress = { fraction: 0, message: '' };
  let sent = -Infinity;
  return {
    signal,
    async runtime() {
      const { loadOrt } = await import('../runtime/ort');
      return loadOrt();
    },
    progress(progress) {
      const moved = progress.pass !== last.pass || progress.node !== last.node;
      const now = performance.now();
      if (!moved && now - sent < progressInterval) return;
      [last, sent] = [progress, now];
      send({ type: 'progress', id, progress });
    },
    log: (line) => send({ type: 'log', id, line }),
    temporary(path, exists) {
      if (exists) temporary.add(path);
      else temporary.delete(path);
      send({ type: 'temporary', id, path, exists });
    },
  };
}

/** What escaped every handler is a bug: each job in hand is told, and the process ends, since its state is unknown. */
function die(thrown: unknown): void {
  const error = LapidaryError.from(thrown).toReport();
  for (const id of running.keys()) send({ type: 'error', id, error });
  setImmediate(() => process.exit(1));
}

function main(): void {
  if (!process.send) {
    process.stderr.write('This is the worker of Lapidary: it is started by the editor, not by hand.\n');
    process.exitCode = 2;
    return;
  }
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  process.on('disconnect', () => {
    for (const path of temporary) rmSync(path, { recursive: true, force: true });
    process.exit();
  });
  // A terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
  process.on('SIGINT', () => undefined);
  process.on('message', (message: ToWorker) => {
    if (message.type === 'run') void start(message.id, message.version, message.job);
    else running.get(message.id)?.abort();
  });
  send({ type: 'ready', version: protocolVersion, runtime: null });
}

main();
