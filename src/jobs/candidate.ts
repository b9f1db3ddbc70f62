/**
 * A result that has yet to prove itself. It is written whole into a hidden folder beside its place, under its own name
 * (which external data refers to), and moves out of there only when it is accepted.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { hiddenName } from '../onnx/outputFile';
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
  return {
    path: inside,
    accept: () => moveTogether([`${inside}.data`, inside], [`${output}.data`, output], folder).catch(failed),
    async close() {
      await rm(folder, { recursive: true, force: true });
      context.temporary(folder, false);
    },
  };
}

/** Renames files, the last of them the model: what they replace waits in `folder` and comes back should one fail. */
async function moveTogether(from: readonly string[], to: readonly string[], folder: string): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const [index, source] of from.entries()) {
      const target = to[index]!;
      if (!existsSync(source)) continue;
      const aside = path.join(folder, `replaced-${index}`);
      if (existsSync(target)) {
        await rename(target, aside);
        undo.push(() => rename(aside, target));
      }
      await rename(source, target);
      undo.push(() => rename(target, source));
    }
  } catch (thrown) {
    for (const step of undo.reverse()) await step();
    throw thrown;
  }
}
