/** Packed codes from 0 up as ONNX's own small integers: signed ones lie around zero. */
import { type BlockCoding } from '../../numerics/blocks/blocks';

/** `packed` as int4/int2 (symmetric: code − 2^(bits−1), which flips the top bit of each) or uint4/uint2 (as it is). */
export function standardCodes(packed: Uint8Array, { bits, symmetric }: BlockCoding): Uint8Array {
  if (!symmetric) return packed;
  const topBits = bits === 4 ? 0x88 : bits === 2 ? 0xaa : 0x80;
  return packed.map((byte) => byte ^ topBits);
}
