/**
 * Strings of a model as bytes and back, without loss: the format promises UTF-8 but nothing holds a writer to it. Bytes
 * that are no UTF-8 become lone surrogates U+DC80 to U+DCFF, which no valid text has, and turn into the same bytes again
 * (the scheme of PEP 383).
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const escaped = /[\udc80-\udcff]/;

/** Text of some bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodePieces(bytes);
  }
}

/** The bytes that `decodeText` made this text from. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  // A low surrogate after a high one is half of a character; only a lone one is an escape.
  if (!escaped.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** Decodes what is valid, character by character, and escapes the rest. */
function decodePieces(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : strict.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return text;
}

/** Length of the valid character that starts here; 0 when none does. */
function characterAt(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      strict.decode(bytes.subarray(at, at + length));
      return length;
    } catch {
      // Not complete yet, or not valid at all: a longer piece tells.
    }
  }
  return 0;
}
