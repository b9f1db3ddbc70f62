/** Rounding that agrees with NumPy and ONNX: halves go to the even neighbour. */

/** 1.5·2^52: adding and taking it away leaves a float64 of magnitude below 2^51 rounded half to even. */
export const roundingMagic = 6755399441055744;

/** `value` rounded to an integer, halves to even; exact for |value| < 2^51, larger ones are returned as they are. */
export function roundHalfEven(value: number): number {
  return value > -2251799813685248 && value < 2251799813685248 ? value + roundingMagic - roundingMagic : value;
}
