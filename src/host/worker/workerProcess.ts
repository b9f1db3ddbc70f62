/**
 * A worker process seen from outside: starts it, asks it for jobs, cancels, and cleans up after it when it dies.
 * Node only, no vscode: tests use it as it is.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { LapidaryError } from '../../protocol/errors';
import { type JobKind, type JobProgress, type Jobs } from '../../protocol/jobs';
import { type ReportHead } from '../../protocol/report';
import { lazyReport } from '../../report/pack';
import { protocolVersion, type FromWorker, type JobRequest, type ToWorker } from '../../protocol/worker';

/** How to start a worker. */
export interface WorkerLocation {
  /** The bundled worker. */
  readonly workerPath: string;
  /** Program to run it; default the one that runs this. */
  readonly nodePath?: string;
  /** Flags of Node, such as a loader for TypeScript in tests. Nothing is inherited: a debugger's flags would clash. */
  readonly execArgv?: readonly string[];
}

/** What one job is given beside its request. */
export interface JobOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
  readonly onLog?: (line: string) => void;
  /** Told what an inspection of very many layers knows before them. */
  readonly onOutline?: (head: ReportHead) => void;
}

interface Pending {
  readonly kind: JobKind;
  readonly options: JobOptions;
  readonly settle: (outcome: { readonly result: Jobs[JobKind]['result'] } | { readonly error: LapidaryError }) => void;
  last?: JobProgress;
}

/** One process. It ends when it is killed, closed, or dies; `ended` resolves then, after what it left is removed. */
export class WorkerProcess {
  /** Resolves once the process is gone and its temporary files are too. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly temporary = new Set<string>();
  private nextId = 1;
  private failure?: LapidaryError;
  private gone = false;

  constructor(location: WorkerLocation) {
    const { workerPath, nodePath, execArgv = [] } = location;
    this.child = fork(workerPath, {
      ...(nodePath !== undefined && nodePath !== '' && { execPath: nodePath }),
      execArgv: [...execArgv],
      serialization: 'advanced',
      // In the editor the program is Electron, which becomes Node by this.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.on('message', (message: FromWorker) => this.receive(message));
    this.child.stdout?.on('data', (text: Buffer) => this.log(text));
    this.child.stderr?.on('data', (text: Buffer) => this.log(text));
    this.ended = this.watch(nodePath);
  }

  /** Id of the process; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** False once the process ended or is about to. */
  get usable(): boolean {
    return !this.gone && this.failure === undefined && this.child.connected;
  }

  /** Number of jobs in hand. */
  get busy(): number {
    return this.pending.size;
  }

  /** Runs a job. Rejects with the worker's own error, or `worker-died` when it ends without an answer. */
  run<K extends JobKind>(kind: K, request: Jobs[K]['request'], options: JobOptions = {}): Promise<Jobs[K]['result']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const settle: Pending['settle'] = (outcome) => {
        this.pending.delete(id);
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.result);
      };
      const entry: Pending = { kind, options, settle };
      this.pending.set(id, entry);
      if (this.gone) settle({ error: this.failure ?? death(entry, null, null) });
      else this.send({ type: 'run', version: protocolVersion, id, job: { kind, request } as JobRequest });
    });
  }

  /** Asks every job in hand to stop. */
  cancelAll(): void {
    for (const id of this.pending.keys()) this.send({ type: 'cancel', id });
  }

  /** Ends the process at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Lets the process end by itself: it does when its parent lets go. */
  close(): void {
    if (this.child.connected) this.child.disconnect();
  }

  /** What the system holds on to must not keep jobs from being settled. */
  private remove(file: string): void {
    try {
      rmSync(file, { recursive: true, force: true, maxRetries: 3 });
    } catch (thrown) {
      this.log(Buffer.from(`${file} could not be removed: ${LapidaryError.from(thrown).message}`));
    }
  }

  private send(message: ToWorker): void {
    if (!this.child.connected) return;
    // A pipe that breaks in mid-send is the end of the process, which is reported when it is seen.
    this.child.send(message, () => undefined);
  }

  private receive(message: FromWorker): void {
    if (message.type === 'ready') {
      if (message.version === protocolVersion) return;
      const text = `The worker speaks protocol ${message.version}, not ${protocolVersion}.`;
      this.failure = new LapidaryError('internal', text, { hint: 'Reload the window.' });
      this.kill();
      return;
    }
    const entry = this.pending.get(message.id);
    switch (message.type) {
      case 'temporary':
        if (message.exists) this.temporary.add(message.path);
        else this.temporary.delete(message.path);
        break;
      case 'progress':
        if (entry) entry.last = message.progress;
        entry?.options.onProgress?.(message.progress);
        break;
      case 'log':
        entry?.options.onLog?.(message.line);
        break;
      case 'result':
        entry?.settle({ result: message.result });
        break;
      case 'outlined':
        entry?.options.onOutline?.(message.head);
        break;
      case 'inspected':
        entry?.settle({ result: lazyReport(message.packed) });
        break;
      case 'error':
        entry?.settle({ error: LapidaryError.fromReport(message.error) });
        break;
    }
  }

  private log(text: Buffer): void {
    const lines = text.toString('utf8').split(/\r?\n/).filter(Boolean);
    for (const { options } of this.pending.values()) for (const line of lines) options.onLog?.(line);
  }

  /** Waits for the end: the exit, and the last messages, which may arrive after it. */
  private async watch(nodePath: string | undefined): Promise<void> {
    const exit = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      this.child.once('exit', (code, signal) => resolve([code, signal]));
      this.child.once('error', (cause) => {
        if (this.child.pid !== undefined) return; // a message could not be sent: the exit follows
        this.failure = notStarted(cause, nodePath);
        resolve([null, null]);
      });
    });
    const silence = new Promise<void>((resolve) => this.child.once('disconnect', resolve));
    const [code, signal] = await exit;
    if (this.child.connected) await silence;
    this.gone = true;
    for (const file of this.temporary) this.remove(file);
    this.temporary.clear();
    for (const entry of [...this.pending.values()]) {
      entry.settle({ error: this.failure ?? death(entry, code, signal) });
    }
  }
}

function notStarted(cause: Error, nodePath: string | undefined): LapidaryError {
  const hint = nodePath
    ? `Check the setting lapidary.worker.nodePath: ${nodePath}.`
    : 'Set lapidary.worker.nodePath to a Node.js program.';
  return new LapidaryError('worker-died', `The worker could not be started: ${cause.message}`, { hint }, { cause });
}

/** An exit without a result, with the pass and the node it was at. */
function death({ kind, last }: Pending, code: number | null, signal: NodeJS.Signals | null): LapidaryError {
  const how = signal ? `was ended by ${signal}` : `ended with code ${code ?? 'unknown'}`;
  const where = last?.message ? `, while: ${last.message}` : '';
  const hint =
    signal === 'SIGKILL'
      ? 'Perhaps memory ran out. Nothing was left behind; try again with less data or a smaller model.'
      : 'Nothing was left behind. The output channel "Lapidary" has what it said last.';
  return new LapidaryError('worker-died', `The worker process ${how} before it had a result (${kind}${where}).`, {
    ...(last?.pass !== undefined && { pass: last.pass }),
    ...(last?.node !== undefined && { node: last.node }),
    hint,
  });
}
