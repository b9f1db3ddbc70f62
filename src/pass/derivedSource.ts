/** Bytes that are computed from another tensor whenever somebody reads them: the writer then never holds them all. */
import { type ByteSource, type Tensor } from '../graph/tensor';

/** What all such sources share; each says how to fill a range. */
export abstract class DerivedSource implements ByteSource {
  readonly name: string;

  constructor(protected readonly source: Tensor) {
    this.name = source.data.kind === 'span' ? source.data.source.name : source.name;
  }

  /** Fills `target` with the derived bytes from `offset` on. */
  abstract readInto(target: Uint8Array, offset: number): void;

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return bytes;
  }

  hold(): () => void {
    const { data } = this.source;
    return (data.kind === 'span' && data.source.hold?.()) || (() => undefined);
  }
}
