/** Recognizes files of other kinds that get renamed to .onnx, so that the error can say what they are. */
import { type WireSource } from './wireReader';

const signatures: readonly { readonly offset: number; readonly text: string; readonly what: string }[] = [
  { offset: 0, text: 'version https://git-lfs', what: 'it is a Git LFS pointer; run "git lfs pull" to get the model' },
  { offset: 0, text: 'PK\x03\x04', what: 'it is a zip archive (a PyTorch checkpoint?)' },
  { offset: 0, text: '\x89HDF', what: 'it is an HDF5 file (a Keras model?)' },
  { offset: 4, text: 'TFL3', what: 'it is a TensorFlow Lite model' },
  { offset: 4, text: 'ORTM', what: 'it is in ONNX Runtime’s own ORT format' },
  { offset: 0, text: '\x1f\x8b', what: 'it is gzip-compressed' },
  { offset: 0, text: '<!DOCTYPE', what: 'it is a web page (a failed download?)' },
  { offset: 0, text: '<html', what: 'it is a web page (a failed download?)' },
];

/** What else the file seems to be, or undefined: the bytes at its start tell. */
export function describeForeign(source: WireSource): string | undefined {
  const head = new Uint8Array(Math.min(source.size, 512));
  source.readInto(head, 0);
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join('');
  const match = signatures.find((signature) => text.startsWith(signature.text, signature.offset));
  if (match) return match.what;
  // A model starts with a small field number and a byte below 32; running text has no such bytes.
  const isText = head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
  return isText ? 'it is a text file' : undefined;
}
