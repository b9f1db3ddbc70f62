/** The models and data beside the repository, for checks that are too large to commit. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Path of `../shared/<part>`, or undefined where it is absent: then `what` is printed as skipped. */
export function sharedFolder(what: string, part = ''): string | undefined {
  const folder = resolve(__dirname, '../../../shared', part);
  if (existsSync(folder)) return folder;
  console.log(`      skipped, ../shared/${part} is not here: ${what}`);
  return undefined;
}
