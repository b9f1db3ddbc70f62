/** Words and numbers of ONNX's textual syntax (docs/Syntax.md of the ONNX repository). */

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** True for a name that needs no quotes. */
export const isIdentifier = (name: string): boolean => identifier.test(name);

/** A name as the grammar's quotable-id. */
export const quotable = (name: string): string => (isIdentifier(name) ? name : quoted(name));

/** A string literal: only the quote and the backslash are escaped. */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The shortest decimal that reads back as the same float32. */
export function float32Literal(value: number): string {
  const special = specialLiteral(value);
  if (special) return special;
  for (let digits = 6; digits < 9; digits++) {
    const text = shorten(value.toPrecision(digits));
    if (Math.fround(Number(text)) === value) return text;
  }
  return shorten(value.toPrecision(9));
}

/** The shortest decimal that reads back as the same float64. */
export function float64Literal(value: number): string {
  return specialLiteral(value) ?? shorten(String(value));
}

/** As float32Literal, but never to be mistaken for an integer. */
export function floatAttributeLiteral(value: number): string {
  const text = float32Literal(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function specialLiteral(value: number): string | undefined {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Object.is(value, -0) ? '-0.0' : undefined;
}

/** Drops the zeros that toPrecision pads with. */
function shorten(text: string): string {
  const [mantissa, exponent] = text.split('e');
  const short = mantissa!.includes('.') ? mantissa!.replace(/\.?0+$/, '') : mantissa!;
  return exponent === undefined ? short : `${short}e${exponent}`;
}
