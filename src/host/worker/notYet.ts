/** Stands in until the worker's client is there. */
import { LapidaryError } from '../../protocol/errors';
import { type Inspector, type RunJob, type Surroundings } from './jobRunner';

const missing = (): Promise<never> =>
  Promise.reject(new LapidaryError('internal', 'The worker process is not built yet.'));

/** Refuses every job. */
export const runJob: RunJob = missing;

/** Refuses every inspection. */
export const inspector = (_surroundings: Surroundings): Inspector => ({ inspect: missing, dispose: () => undefined });
