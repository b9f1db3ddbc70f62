/** Runs jobs in worker processes for the features: with the person's settings, one heavy job at a time, everything logged. */
import { type JobKind, type JobProgress, type Jobs } from '../../protocol/jobs';
import { LapidaryError } from '../../protocol/errors';
import { type ReportHead } from '../../protocol/report';
import { Turns } from './turns';

/** What one run of a job is given. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

/** What the transport needs besides the request. */
export interface ProcessOptions extends RunOptions {
  readonly workerPath: string;
  readonly nodePath?: string;
  readonly onLog?: (line: string) => void;
}

/** Runs one job in a process of its own. */
export type RunJob = <K extends JobKind>(
  kind: K,
  request: Jobs[K]['request'],
  options: ProcessOptions,
) => Promise<Jobs[K]['result']>;

/** Jobs that cost what the graph costs: they run nothing, write nothing, and share a process. */
export type ReadingJob = 'inspect' | 'text' | 'sources' | 'check' | 'weights';

/** What a reading job is given. */
export interface ReadingOptions {
  readonly signal?: AbortSignal;
  /** Told what an inspection of very many layers knows before them; not called for others. */
  readonly onOutline?: (head: ReportHead) => void;
}

/** Inspects models in a process that is shared and ends by itself when it is not needed. */
export interface Inspector {
  inspect(request: Jobs['inspect']['request'], options?: ReadingOptions): Promise<Jobs['inspect']['result']>;
  read<K extends ReadingJob>(
    kind: K,
    request: Jobs[K]['request'],
    options?: ReadingOptions,
  ): Promise<Jobs[K]['result']>;
  dispose(): void;
}

/** What the runner asks of its surroundings. */
export interface Surroundings {
  readonly workerPath: string;
  /** The Node.js program that the settings name, if any; read anew for each job. */
  nodePath(): string | undefined;
  readonly log: (line: string) => void;
}

/** Starts jobs. Heavy ones wait for each other: two at a time would spoil each other's latency measurements. */
export class JobRunner {
  private readonly turns = new Turns();

  constructor(
    private readonly runJob: RunJob,
    private readonly surroundings: Surroundings,
  ) {}

  /** Runs a job to its end; `onWaiting` is told when another one has to finish first. */
  async run<K extends JobKind>(
    kind: K,
    request: Jobs[K]['request'],
    options: RunOptions & { readonly onWaiting?: () => void } = {},
  ): Promise<Jobs[K]['result']> {
    const { signal } = options;
    const leave = await this.turns.enter(signal, options.onWaiting);
    try {
      if (signal?.aborted) throw new LapidaryError('cancelled', 'Cancelled before it began.');
      return await this.logged(kind, request, options);
    } finally {
      leave();
    }
  }

  private async logged<K extends JobKind>(
    kind: K,
    request: Jobs[K]['request'],
    { signal, onProgress }: RunOptions,
  ): Promise<Jobs[K]['result']> {
    const { workerPath, log } = this.surroundings;
    const nodePath = this.surroundings.nodePath();
    const started = performance.now();
    log(`${kind} ${JSON.stringify(request)}`);
    const result = await this.runJob(kind, request, { signal, onProgress, onLog: log, workerPath, nodePath });
    log(`${kind} done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  }
}
