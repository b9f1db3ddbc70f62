/** The worker process in tests. */
import path from 'node:path';

/** How to start a worker from its source. */
export const location = {
  workerPath: path.resolve(__dirname, '../../src/worker/main.ts'),
  execArgv: ['--import', 'tsx'],
};
