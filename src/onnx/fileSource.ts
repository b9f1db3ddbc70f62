/** Random access to a file that weights are read from, long after it was opened. */
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { LapidaryError } from '../protocol/errors';

/** One readSync takes at most 2^31-1 bytes. */
const largestRead = 1 << 30;

/**
 * A file, opened anew for each read and closed after it, so that no descriptor waits for the garbage collector. Every
 * read checks that it is still the same file: weights that were replaced in the meantime are an error, never garbage.
 */
export class FileSource {
  private held = 0;
  private descriptor?: number;

  private constructor(
    /** Path of the file. */
    readonly name: string,
    /** Length in bytes. */
    readonly size: number,
    /** The working directory may change between two reads. */
    private readonly absolutePath: string,
    private readonly identity: string,
  ) {}

  /** Notes size and identity of a file; throws `not-found`, `not-onnx` (a folder, a pipe) or `io`. */
  static open(path: string): FileSource {
    const stats = attempt(path, () => {
      accessSync(path, constants.R_OK);
      return statSync(path, { bigint: true });
    });
    // Asked before anything is opened: opening a pipe would wait for a writer.
    if (!stats.isFile()) throw new LapidaryError('not-onnx', `${path} is not a file.`, { model: path });
    return new FileSource(path, Number(stats.size), resolve(path), identityOf(stats));
  }

  /** Reads exactly `length` bytes at `offset` into a buffer of its own. */
  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.size) throw this.short(offset, length);
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return bytes;
  }

  /** Fills `target` from `offset` on; throws `invalid-model` when the file ends before that. */
  readInto(target: Uint8Array, offset: number): void {
    const release = this.hold();
    try {
      let done = 0;
      while (done < target.length) {
        const wanted = Math.min(target.length - done, largestRead);
        const count = readSync(this.descriptor!, target, done, wanted, offset + done);
        if (count === 0) throw this.short(offset, target.length);
        done += count;
      }
    } catch (thrown) {
      throw LapidaryError.from(thrown, 'io', { model: this.name });
    } finally {
      release();
    }
  }

  /** Keeps the file open until the returned function is called: for many reads in a row. */
  hold(): () => void {
    if (this.held === 0) this.descriptor = this.reopen();
    this.held++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--this.held === 0) {
        closeSync(this.descriptor!);
        this.descriptor = undefined;
      }
    };
  }

  private reopen(): number {
    const descriptor = attempt(this.name, () => openSync(this.absolutePath, 'r'));
    if (identityOf(fstatSync(descriptor, { bigint: true })) === this.identity) return descriptor;
    closeSync(descriptor);
    throw new LapidaryError('io', `${this.name} has changed since it was opened.`, {
      model: this.name,
      hint: 'Open the model again.',
    });
  }

  private short(offset: number, length: number): LapidaryError {
    const needed = `bytes ${offset} to ${offset + length}`;
    return new LapidaryError('invalid-model', `${this.name} has ${this.size} bytes; ${needed} are needed.`, {
      model: this.name,
    });
  }
}

/** Does something with a file that may be missing or forbidden. */
function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    if (missing) throw new LapidaryError('not-found', `There is no file ${path}.`, { model: path }, { cause: thrown });
    throw LapidaryError.from(thrown, 'io', { model: path });
  }
}

/** What changes when a file is replaced or rewritten. */
function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(':');
}
