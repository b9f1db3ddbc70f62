/** A private folder for files that only the runtime can write (optimized graphs, profiles) or read (large models). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Told before a temporary folder is made and after it is gone; see JobContext.temporary. */
export type TellTemporary = (path: string, exists: boolean) => void;

/** A folder that is there until it is removed. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A fresh folder that only this user can read; whoever asked for it removes it. */
export async function makeTemporaryFolder(temporary: TellTemporary = () => undefined): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'lapidary-'));
  temporary(path, true);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      temporary(path, false);
    },
  };
}

/** Gives `use` such a folder, and removes it whatever happens. */
export async function withTemporaryFolder<T>(
  use: (folder: string) => Promise<T>,
  temporary?: TellTemporary,
): Promise<T> {
  const folder = await makeTemporaryFolder(temporary);
  try {
    return await use(folder.path);
  } finally {
    await folder.remove();
  }
}
