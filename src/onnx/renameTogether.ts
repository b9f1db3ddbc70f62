/** Files that belong together get their names together. */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { uniqueSuffix } from './uniqueName';

/** A file, and the name that it is to have in the same file system. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/**
 * Renames files that belong together. The last one is the model: until it is in place, a file that another one replaces
 * is kept aside, and everything goes back should anything fail.
 */
export async function renameTogether(files: readonly Renaming[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const clean: (() => Promise<void>)[] = [];
  try {
    for (const { from, to } of files.slice(0, -1)) {
      const aside = hiddenName(to, 'old');
      if (await renameIfThere(to, aside)) {
        undo.push(() => rename(aside, to));
        clean.push(() => rm(aside, { force: true }));
      }
      await rename(from, to);
      undo.push(() => rename(to, from));
    }
    const last = files.at(-1);
    if (last) await rename(last.from, last.to);
  } catch (thrown) {
    for (const step of undo.reverse()) await step();
    throw thrown;
  }
  for (const step of clean) await step();
}

/** A name in the same folder that nothing else has. */
export function hiddenName(path: string, extension: string): string {
  return join(dirname(path), `.${basename(path)}.${uniqueSuffix()}.${extension}`);
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return false;
    throw thrown;
  }
}
