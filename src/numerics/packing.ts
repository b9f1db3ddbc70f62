/** Sub-byte integers as ONNX packs them: flat order, the first element in the lowest bits, the last byte padded. */
import { packedNibbles } from './kernels/blocks';

/** Bits of a packed element that does not cross bytes. */
export type PackedBits = 1 | 2 | 4;

/** `count` codes of 4 bits (an even number of them, at most 2^20), two to a byte; good until the next call. */
export function packNibbles(codes: Uint8Array, count: number): Uint8Array {
  return packedNibbles(codes, count);
}

/** Packs the low `bits` of each value (two's complement for signed ones). */
export function packBits(values: Int8Array | Uint8Array, bits: PackedBits): Uint8Array {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const out = new Uint8Array(Math.ceil(values.length / perByte));
  if (bits === 4) {
    const pairs = values.length >> 1;
    for (let i = 0; i < pairs; i++) out[i] = (values[2 * i]! & 15) | (values[2 * i + 1]! << 4);
    if (values.length & 1) out[pairs] = values[values.length - 1]! & 15;
    return out;
  }
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / perByte);
    out[at] = out[at]! | ((values[i]! & mask) << ((i % perByte) * bits));
  }
  return out;
}

/** Unpacks `count` unsigned elements. */
export function unpackUnsigned(bytes: Uint8Array, bits: PackedBits, count: number): Uint8Array {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask;
  return out;
}

/** Unpacks `count` unsigned elements of 6 bits: a stream of bits, low ones first, so that elements cross bytes. */
export function unpackSixBits(bytes: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const at = (i * 6) >> 3;
    out[i] = ((bytes[at]! | ((bytes[at + 1] ?? 0) << 8)) >> ((i * 6) & 7)) & 63;
  }
  return out;
}

/** Unpacks `count` two's complement elements. */
export function unpackSigned(bytes: Uint8Array, bits: PackedBits, count: number): Int8Array {
  const unsigned = unpackUnsigned(bytes, bits, count);
  const out = new Int8Array(unsigned.buffer);
  const shift = 32 - bits;
  for (let i = 0; i < count; i++) out[i] = (out[i]! << shift) >> shift;
  return out;
}
