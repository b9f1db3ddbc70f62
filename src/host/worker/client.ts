/** Runs jobs in processes: one for each heavy job, one shared by all inspections. Node only, no vscode. */
import { LapidaryError } from '../../protocol/errors';
import { type JobKind, type Jobs } from '../../protocol/jobs';
import { type ReadingJob, type ReadingOptions } from './jobRunner';
import { WorkerProcess, type JobOptions, type WorkerLocation } from './workerProcess';

/** Between asking a job to stop and ending its process: a native run cannot be interrupted in any other way. */
const graceMs = 300;

/** Runs one job in a process of its own, which is gone when the promise settles. Cancelling takes less than a second. */
export async function runJob<K extends JobKind>(
  kind: K,
  request: Jobs[K]['request'],
  options: WorkerLocation & JobOptions,
): Promise<Jobs[K]['result']> {
  const { signal } = options;
  if (signal?.aborted) throw cancelled();
  const worker = new WorkerProcess(options);
  let timer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    worker.cancelAll();
    timer = setTimeout(() => worker.kill(), graceMs);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await worker.run(kind, request, options);
    return result;
  } catch (thrown) {
    if (signal?.aborted) throw cancelled();
    throw thrown;
  } finally {
    signal?.removeEventListener('abort', cancel);
    worker.close();
    // One that does not go by itself is made to: it has nothing left to say.
    timer ??= setTimeout(() => worker.kill(), graceMs);
    await worker.ended;
    clearTimeout(timer);
  }
}

const cancelled = (): LapidaryError => new LapidaryError('cancelled', 'Cancelled.');

/** What the shared inspector needs. */
export interface InspectorOptions {
  readonly workerPath: string;
  /** The program to run it, read anew for each process. */
  readonly nodePath?: () => string | undefined;
  readonly execArgv?: readonly string[];
  /** How long the process stays when nobody asks, ms; default a minute. */
  readonly idleMs?: number;
  readonly onLog?: (line: string) => void;
}

/** Inspects models in one process that stays for a while, so that the next one costs no start-up. */
export class SharedInspector {
  private worker?: WorkerProcess;
  private idle?: NodeJS.Timeout;
  /** Of the last time that it was told to rest, until somebody asks and gets an answer. */
  private resting: symbol | undefined;

  constructor(private readonly options: InspectorOptions) {}

  /** Inspects one model. */
  inspect(request: Jobs['inspect']['request'], options: ReadingOptions = {}): Promise<Jobs['inspect']['result']> {
    return this.read('inspect', request, options);
  }

  /** Does a job that only reads a model. A process that died is replaced at the next call. */
  async read<K extends ReadingJob>(
    kind: K,
    request: Jobs[K]['request'],
    { signal, onOutline }: ReadingOptions = {},
  ): Promise<Jobs[K]['result']> {
    if (signal?.aborted) throw cancelled();
    clearTimeout(this.idle);
    const { resting } = this;
    const worker = (this.worker = this.worker?.usable ? this.worker : this.start());
    try {
      // A cancelled inspection goes on for the moment that it takes; the others in the process must not suffer.
      const result = await untilAborted(worker.run(kind, request, { onLog: this.options.onLog, onOutline }), signal);
      // Who asks for a model that is gone, as its pages do before they close, is not about to ask again.
      if (this.resting === resting) this.resting = undefined;
      return result;
    } finally {
      this.retire(worker);
    }
  }

  /** Id of the process, if there is one. */
  get pid(): number | undefined {
    return this.worker?.usable ? this.worker.pid : undefined;
  }

  /** Nobody is about to ask: the process ends as soon as it has nothing to do, not after the time it usually stays. */
  rest(): void {
    this.resting = Symbol('rest');
    if (this.worker) this.retire(this.worker);
  }

  /** Ends the process; jobs in hand fail. */
  dispose(): void {
    clearTimeout(this.idle);
    this.worker?.kill();
    this.worker = undefined;
  }

  private start(): WorkerProcess {
    const { workerPath, nodePath, execArgv } = this.options;
    const program = nodePath?.();
    return new WorkerProcess({
      workerPath,
      ...(program !== undefined && { nodePath: program }),
      ...(execArgv && { execArgv }),
    });
  }

  private retire(worker: WorkerProcess): void {
    clearTimeout(this.idle);
    if (worker.busy > 0 || worker !== this.worker) return;
    const idleMs = this.resting ? 0 : (this.options.idleMs ?? 60_000);
    this.idle = setTimeout(() => {
      if (worker.busy > 0) return;
      worker.close();
      if (this.worker === worker) this.worker = undefined;
    }, idleMs);
    this.idle.unref();
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
