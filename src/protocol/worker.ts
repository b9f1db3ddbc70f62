/** Messages between a client (editor, tests) and a worker process. Weights never cross. */
import { type ErrorReport } from './errors';
import { type JobKind, type JobProgress, type Jobs } from './jobs';
import { type PackedReport } from './packed';
import { type ReportHead } from './report';

/** Raised whenever a message changes its meaning; both sides refuse a stranger. */
export const protocolVersion = 3;

/** A job to run. */
export type JobRequest = { [K in JobKind]: { readonly kind: K; readonly request: Jobs[K]['request'] } }[JobKind];

/** Client to worker. */
export type ToWorker =
  | { readonly type: 'run'; readonly version: number; readonly id: number; readonly job: JobRequest }
  | { readonly type: 'cancel'; readonly id: number };

/** Worker to client. */
export type FromWorker =
  | { readonly type: 'ready'; readonly version: number; readonly runtime: string | null }
  | { readonly type: 'progress'; readonly id: number; readonly progress: JobProgress }
  | { readonly type: 'log'; readonly id: number; readonly line: string }
  /** A temporary file or folder comes to be (or went): whoever outlives the worker removes what is left. */
  | { readonly type: 'temporary'; readonly id: number; readonly path: string; readonly exists: boolean }
  | { readonly type: 'result'; readonly id: number; readonly result: Jobs[JobKind]['result'] }
  /** What `inspect` knows of very many layers before them; its result follows. */
  | { readonly type: 'outlined'; readonly id: number; readonly head: ReportHead }
  /** The result of `inspect`, which may be of very many layers. */
  | { readonly type: 'inspected'; readonly id: number; readonly packed: PackedReport }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorReport };
