/** Files that appear whole or not at all: written under a temporary name in the same folder, then renamed. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { LapidaryError } from '../protocol/errors';
import { type Payload } from './payload';
import { hiddenName, type Renaming, renameTogether } from './renameTogether';

/** What writing needs from the outside. */
export interface WriteContext {
  /** Told before a temporary file is made (true) and after it is gone (false). */
  readonly temporary?: (path: string, exists: boolean) => void;
  readonly signal?: AbortSignal;
}

/** Weights that are not in memory pass through a buffer of this size, whatever the size of the model. */
const bufferSize = 8 << 20;

/** Payloads below this are gathered; larger ones start at the start of the buffer (aligned for any element type), or are written as they are. */
const gathered = 64 << 10;

/** What the system says when a file cannot be written, for people. */
const failures: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOENT: 'the folder takes no files',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'the file would be too large for the file system',
};

/** The `io` error for a file that could not be written: names the file, not the temporary one. */
export function writeFailure(thrown: unknown, path: string): LapidaryError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const known = Object.hasOwn(failures, code) ? failures[code] : undefined;
  if (known === undefined || thrown instanceof LapidaryError) return LapidaryError.from(thrown, 'io', { model: path });
  return new LapidaryError('io', `${path} cannot be written: ${known}.`, {}, { cause: thrown });
}

/** One file in the making. */
export class OutputFile {
  /** Bytes written so far. */
  length = 0;
  private readonly buffer = new Uint8Array(bufferSize);
  private filled = 0;
  private state: 'open' | 'closed' | 'published' = 'open';

  private constructor(
    /** Where the file will be. */
    readonly path: string,
    private readonly temporaryPath: string,
    private readonly handle: FileHandle,
    private readonly context: WriteContext,
  ) {}

  /** Makes the temporary file. */
  static async create(path: string, context: WriteContext): Promise<OutputFile> {
    const temporaryPath = hiddenName(path, 'tmp');
    context.temporary?.(temporaryPath, true);
    try {
      return new OutputFile(path, temporaryPath, await open(temporaryPath, 'wx'), context);
    } catch (thrown) {
      context.temporary?.(temporaryPath, false);
      throw writeFailure(thrown, path);
    }
  }

  /** Appends a payload, in pieces. */
  async append(payload: Payload): Promise<void> {
    const length = payload.kind === 'bytes' ? payload.bytes.length : payload.length;
    if (length >= gathered || this.filled + length > bufferSize) await this.flush();
    if (payload.kind === 'bytes' && length >= gathered) await this.write(payload.bytes);
    else {
      for (let done = 0; done < length;) {
        if (this.filled === bufferSize) await this.flush();
        const count = Math.min(length - done, bufferSize - this.filled);
        copyInto(this.buffer.subarray(this.filled, this.filled + count), payload, done);
        this.filled += count;
        done += count;
      }
    }
    this.length += length;
  }

  /** Fills up with zeros to a multiple of `alignment`. */
  async align(alignment: number): Promise<void> {
    const missing = (alignment - (this.length % alignment)) % alignment;
    if (missing > 0) await this.append({ kind: 'bytes', bytes: new Uint8Array(missing) });
  }

  /** Everything on the disk, under the temporary name still. */
  async finish(): Promise<void> {
    await this.flush();
    await this.handle.sync();
    await this.close();
  }

  /** From the temporary name to the one that it is to have. */
  get renaming(): Renaming {
    return { from: this.temporaryPath, to: this.path };
  }

  /** To be told when it has its name. */
  published(): void {
    this.state = 'published';
    this.context.temporary?.(this.temporaryPath, false);
  }

  /** Removes the temporary file, unless it has its name already. */
  async discard(): Promise<void> {
    if (this.state === 'published') return;
    await this.close();
    await rm(this.temporaryPath, { force: true });
    this.context.temporary?.(this.temporaryPath, false);
  }

  private async close(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'closed';
    await this.handle.close();
  }

  private async flush(): Promise<void> {
    await this.write(this.buffer.subarray(0, this.filled));
    this.filled = 0;
  }

  /** In pieces, between which a cancel is heard. */
  private async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      if (this.context.signal?.aborted) throw new LapidaryError('cancelled', 'Cancelled.', { model: this.path });
      const { bytesWritten } = await this.handle.write(bytes, done, Math.min(bufferSize, bytes.length - done));
      done += bytesWritten;
    }
  }
}

/** Gives files that belong together their names, replacing what was there: all of them or none. */
export async function publishTogether(files: readonly OutputFile[]): Promise<void> {
  await renameTogether(files.map((file) => file.renaming));
  for (const file of files) file.published();
}

function copyInto(target: Uint8Array, payload: Payload, start: number): void {
  if (payload.kind === 'bytes') target.set(payload.bytes.subarray(start, start + target.length));
  else if (payload.source.readInto && payload.length >= gathered) {
    payload.source.readInto(target, payload.offset + start);
  } else target.set(payload.source.read(payload.offset + start, target.length));
}
