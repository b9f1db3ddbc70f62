/** What a job gets from whoever runs it: the worker, the command line, a test. */
import { type JobProgress } from '../protocol/jobs';
import { type InferenceRuntime } from '../runtime/port';

/** Services for a job. */
export interface JobContext {
  /** Loads the native runtime on first use; throws `runtime-missing` where there is none. */
  runtime(): Promise<InferenceRuntime>;
  readonly signal: AbortSignal;
  progress(progress: JobProgress): void;
  log(message: string): void;
  /** Told before a temporary file (or folder) is made and after it is gone, so that a kill leaves nothing behind. */
  temporary(path: string, exists: boolean): void;
}
