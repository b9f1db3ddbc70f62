/** A private folder for files that only the runtime can write (optimized graphs, profiles) or read (large models). */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueSuffix } from '../onnx/uniqueName';

/** Told before a temporary folder is made and after it is gone; see JobContext.temporary. */
export type TellTemporary = (path: string, exists: boolean) => void;

/** A folder that is there until it is removed. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const listeners = new Set<TellTemporary>();

/**
 * Runs `work` and tells `listener` of every such folder that this process makes meanwhile, however deep in a pass: a
 * process that is killed leaves them to whoever outlives it.
 */
export async function tellingOfFolders<T>(listener: TellTemporary, work: () => Promise<T>): Promise<T> {
  // One of its own, so that two jobs may share a listener.
  const own: TellTemporary = (path, exists) => listener(path, exists);
  listeners.add(own);
  try {
    return await work();
  } finally {
    listeners.delete(own);
  }
}

/** A fresh folder that only this user can read; whoever asked for it removes it. */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  const path = join(tmpdir(), `lapidary-${uniqueSuffix()}`);
  const tell: TellTemporary = (...news) => listeners.forEach((listener) => listener(...news));
  tell(path, true);
  // Fails for a folder that is there already, whosever it is.
  await mkdir(path, { mode: 0o700 });
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      tell(path, false);
    },
  };
}

/** Gives `use` such a folder, and removes it whatever happens. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder();
  try {
    return await use(folder.path);
  } finally {
    await folder.remove();
  }
}
