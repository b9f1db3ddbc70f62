/** A private folder for files that only the runtime can write (optimized graphs, profiles) or read (large models). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Told before a temporary folder is made and after it is gone; see JobContext.temporary. */
export type TellTemporary = (path: string, exists: boolean) => void;

/** Gives `use` a fresh folder that only this user can read, and removes it whatever happens. */
export async function withTemporaryFolder<T>(
  use: (folder: string) => Promise<T>,
  temporary: TellTemporary = () => undefined,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lapidary-'));
  temporary(folder, true);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    temporary(folder, false);
  }
}
