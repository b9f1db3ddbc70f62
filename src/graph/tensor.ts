/**
 * A constant tensor whose bytes may still be on disk. Tensors are immutable: passes make new ones, so clones of a
 * model share their weights.
 */
import { LapidaryError } from '../protocol/errors';
import { bitsOf, byteLengthOf, type DataType } from './dataType';
import { noMetadata } from './metadata';
import { type Residue } from './residue';
import { countElements } from './shape';

/** Reads a range of bytes from wherever weights are kept; implemented over files by the reader. */
export interface ByteSource {
  /** Names the place for errors and identity: the path of the file. */
  readonly name: string;
  /** Reads exactly `length` bytes at `offset` into a fresh, 8-byte aligned buffer; throws a typed error when short. */
  read(offset: number, length: number): Uint8Array;
  /** Fills `target` from `offset` on: saves whoever reads much a buffer a piece. */
  readInto?(target: Uint8Array, offset: number): void;
  /** Keeps the file open until the returned function is called. */
  hold?(): () => void;
}

/** Where the elements of a tensor are. Bytes are ONNX raw data: little-endian, sub-byte types packed low bits first. */
export type TensorData =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'span'; readonly source: ByteSource; readonly offset: number; readonly length: number }
  | { readonly kind: 'strings'; readonly strings: readonly Uint8Array[] };

/** What a tensor is made of. */
export interface TensorInit {
  readonly name?: string;
  readonly dataType: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
  readonly docString?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  /** True when the file keeps the bytes beside the model (external data). */
  readonly external?: boolean;
  readonly residue?: Residue;
}

/** An immutable constant; `bytes()` is the only thing that touches the disk. */
export class Tensor {
  readonly name: string;
  readonly dataType: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
  readonly docString?: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly external: boolean;
  readonly residue?: Residue;

  constructor(init: TensorInit) {
    this.name = init.name ?? '';
    this.dataType = init.dataType;
    this.shape = init.shape;
    this.data = init.data;
    this.docString = init.docString;
    this.metadata = init.metadata ?? noMetadata;
    this.external = init.external ?? false;
    this.residue = init.residue;
  }

  /** Number of elements. */
  get size(): number {
    return countElements(this.shape);
  }

  /** Bytes of the elements as raw data (for strings: the sum of their bytes). */
  get byteLength(): number {
    if (this.data.kind === 'strings') return this.data.strings.reduce((sum, text) => sum + text.length, 0);
    return byteLengthOf(this.dataType, this.size);
  }

  /** The raw bytes, read from disk when they are there (not cached: ask once, keep what you need). */
  bytes(): Uint8Array {
    switch (this.data.kind) {
      case 'bytes':
        return this.data.bytes;
      case 'span':
        return this.data.source.read(this.data.offset, this.data.length);
      case 'strings':
        throw new LapidaryError('unsupported', 'A string tensor has no raw bytes.', { tensor: this.name });
    }
  }

  /** The same contents under another name, shape or element type (the byte length must fit). */
  with(change: Partial<TensorInit>): Tensor {
    return new Tensor({ ...this.toInit(), ...change });
  }

  /** A tensor in memory from its raw bytes. */
  static ofBytes(name: string, dataType: DataType, shape: readonly number[], bytes: Uint8Array): Tensor {
    const size = countElements(shape);
    const expected = byteLengthOf(dataType, size);
    if (bytes.length !== expected || bitsOf(dataType) === 0) {
      const shown = `${dataType}[${shape.join(',')}]`;
      throw new LapidaryError('internal', `${shown} takes ${expected} bytes, not ${bytes.length}.`, { tensor: name });
    }
    return new Tensor({ name, dataType, shape, data: { kind: 'bytes', bytes } });
  }

  private toInit(): TensorInit {
    const { name, dataType, shape, data, docString, metadata, external, residue } = this;
    return { name, dataType, shape, data, docString, metadata, external, residue };
  }
}
