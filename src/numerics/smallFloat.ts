/**
 * 8-, 6- and 4-bit floats: decoding by table, from the layouts in ONNX's "Float stored in 8 bits" and the OCP
 * microscaling formats. `fn`: no infinities; `uz`: no negative zero, its code is NaN.
 */

/** Names of the small float types. */
export type SmallFloatType =
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float6e2m3'
  | 'float6e3m2'
  | 'float4e2m1';

interface Layout {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** Which codes are not plain numbers: IEEE's top exponent, the all-ones code alone, only "negative zero", none. */
  readonly special: 'ieee' | 'all-ones' | 'negative-zero' | 'none';
}

const layouts: Record<Exclude<SmallFloatType, 'float8e8m0'>, Layout> = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'all-ones' },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'negative-zero' },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'negative-zero' },
  float6e2m3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: 'none' },
  float6e3m2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: 'none' },
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: 'none' },
};

const tables = new Map<SmallFloatType, Float32Array>();

/** The value of every code of a type: 256 entries, 64 for 6 bits, 16 for 4. */
export function smallFloatTable(type: SmallFloatType): Float32Array {
  let table = tables.get(type);
  if (!table) {
    const size = type.startsWith('float4') ? 16 : type.startsWith('float6') ? 64 : 256;
    table = Float32Array.from({ length: size }, (_, code) => decode(type, code));
    tables.set(type, table);
  }
  return table;
}

function decode(type: SmallFloatType, code: number): number {
  // A power of two without sign or mantissa; 255 is NaN.
  if (type === 'float8e8m0') return code === 255 ? NaN : 2 ** (code - 127);
  const { exponentBits, mantissaBits, bias, special } = layouts[type];
  const magnitudeMask = (1 << (exponentBits + mantissaBits)) - 1;
  const magnitude = code & magnitudeMask;
  const negative = code > magnitudeMask;
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & ((1 << mantissaBits) - 1);
  if (special === 'negative-zero' && negative && magnitude === 0) return NaN;
  if (special === 'all-ones' && magnitude === magnitudeMask) return NaN;
  if (special === 'ieee' && exponent === (1 << exponentBits) - 1) {
    return mantissa !== 0 ? NaN : negative ? -Infinity : Infinity;
  }
  const fraction = mantissa / (1 << mantissaBits);
  const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return negative ? -size : size;
}
