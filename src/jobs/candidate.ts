/**
 * A result that has yet to prove itself. It is written whole into a hidden folder beside its place, under its own name
 * (which external data refers to), and moves out of there only when it is accepted.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { hiddenName, renameTogether } from '../onnx/renameTogether';
import { LapidaryError } from '../protocol/errors';
import { type JobContext } from './context';

/** Where a result waits. */
export interface Candidate {
  /** What to write. */
  readonly path: string;
  /** Moves what was written to its place; what stood there stays until all of it is there. */
  accept(): Promise<void>;
  /** Removes the folder, with the result if it was not accepted. Always call it. */
  close(): Promise<void>;
}

/** Makes the folder for what shall become `output`; throws `io`. */
export async function openCandidate(output: string, context: JobContext): Promise<Candidate> {
  const folder = hiddenName(output, 'tmp');
  context.temporary(folder, true);
  const failed = (thrown: unknown): never => {
    throw LapidaryError.from(thrown, 'io', { model: output });
  };
  await mkdir(folder).catch(failed);
  const inside = path.join(folder, path.basename(output));
  const data = { from: `${inside}.data`, to: `${output}.data` };
  return {
    path: inside,
    accept: () =>
      renameTogether([...(existsSync(data.from) ? [data] : []), { from: inside, to: output }]).catch(failed),
    async close() {
      await rm(folder, { recursive: true, force: true });
      context.temporary(folder, false);
    },
  };
}
