/** All jobs by kind, each loaded when it is first asked for: inspecting must not load passes or the runtime. */
import { type JobKind, type Jobs } from '../protocol/jobs';
import { tellingOfFolders } from '../runtime/temporaryFolder';
import { type JobContext } from './context';

/** Runs a job of one kind. */
export type RunJob<K extends JobKind> = (
  request: Jobs[K]['request'],
  context: JobContext,
) => Promise<Jobs[K]['result']>;

const jobs: { readonly [K in JobKind]: () => Promise<RunJob<K>> } = {
  inspect: async () => (await import('./inspect')).inspect,
  text: async () => (await import('./text')).text,
  weights: async () => (await import('./weights')).weights,
  sources: async () => (await import('./sources')).sources,
  compress: async () => (await import('./compress')).compress,
  compare: async () => (await import('./compare')).compare,
  check: async () => (await import('./check')).check,
  save: async () => (await import('./save')).save,
  audit: async () => (await import('./audit')).audit,
  sensitivity: async () => (await import('./sensitivity')).sensitivity,
};

/** Runs a job in this process. */
export async function runJob<K extends JobKind>(
  kind: K,
  request: Jobs[K]['request'],
  context: JobContext,
): Promise<Jobs[K]['result']> {
  const run = await jobs[kind]();
  return tellingOfFolders(
    (path, exists) => context.temporary(path, exists),
    () => run(request, context),
  );
}
