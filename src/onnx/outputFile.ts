/** Files that appear whole or not at all: written under a temporary name in the same folder, then renamed. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { type Payload } from './payload';

/** What writing needs from the outside. */
export interface WriteContext {
  /** Told before a temporary file is made (true) and after it is gone (false). */
  readonly temporary?: (path: string, exists: boolean) => void;
  readonly signal?: AbortSignal;
}

/** Weights pass through a buffer of this size, whatever the size of the model. */
const bufferSize = 8 << 20;

/** One file in the making. */
export class OutputFile {
  /** Bytes written so far. */
  length = 0;
  private buffer = new Uint8Array(bufferSize);
  private filled = 0;
  private renamed = false;

  private constructor(
    /** Where the file will be. */
    readonly path: string,
    private readonly temporaryPath: string,
    private readonly handle: FileHandle,
    private readonly context: WriteContext,
  ) {}

  /** Makes the temporary file. */
  static async create(path: string, context: WriteContext): Promise<OutputFile> {
    const unique = `${process.pid}-${randomBytes(4).toString('hex')}`;
    const temporaryPath = join(dirname(path), `.${basename(path)}.${unique}.tmp`);
    context.temporary?.(temporaryPath, true);
    try {
      return new OutputFile(path, temporaryPath, await open(temporaryPath, 'wx'), context);
    } catch (thrown) {
      context.temporary?.(temporaryPath, false);
      throw LapidaryError.from(thrown, 'io', { model: path });
    }
  }

  /** Appends a payload, copied in pieces. */
  async append(payload: Payload): Promise<void> {
    const length = payload.kind === 'bytes' ? payload.bytes.length : payload.length;
    for (let done = 0; done < length;) {
      if (this.filled === bufferSize) await this.flush();
      const count = Math.min(length - done, bufferSize - this.filled);
      const room = this.buffer.subarray(this.filled, this.filled + count);
      if (payload.kind === 'bytes') room.set(payload.bytes.subarray(done, done + count));
      else if (payload.source.readInto) payload.source.readInto(room, payload.offset + done);
      else room.set(payload.source.read(payload.offset + done, count));
      this.filled += count;
      done += count;
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
    await this.handle.close();
  }

  /** Gives the file its name, replacing what was there. */
  async publish(): Promise<void> {
    await rename(this.temporaryPath, this.path);
    this.renamed = true;
    this.context.temporary?.(this.temporaryPath, false);
  }

  /** Removes the temporary file, unless it has its name already. */
  async discard(): Promise<void> {
    if (this.renamed) return;
    await this.handle.close().catch(() => undefined);
    await rm(this.temporaryPath, { force: true });
    this.context.temporary?.(this.temporaryPath, false);
  }

  private async flush(): Promise<void> {
    for (let done = 0; done < this.filled;) {
      if (this.context.signal?.aborted) throw new LapidaryError('cancelled', 'Cancelled.', { model: this.path });
      const { bytesWritten } = await this.handle.write(this.buffer, done, this.filled - done);
      done += bytesWritten;
    }
    this.filled = 0;
  }
}
