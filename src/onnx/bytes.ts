/** A model as one block of bytes in memory. */
import { LapidaryError } from '../protocol/errors';
import { ropeOf } from './rope';
import { type ModelProto } from './schema/onnx_pb';
import { largestInline } from './write';

/** Encodes a model with all its weights inside; throws `unsupported` when that is too much for one buffer. */
export function encodeOnnx(model: ModelProto): Uint8Array {
  const rope = ropeOf(model);
  if (rope.length > largestInline) {
    throw new LapidaryError('unsupported', `The model takes ${(rope.length / 1e9).toFixed(2)} GB of memory at once.`, {
      hint: 'Write it to a file with external data.',
    });
  }
  const bytes = new Uint8Array(rope.length);
  let at = 0;
  for (const segment of rope.segments) {
    const part = segment.kind === 'bytes' ? segment.bytes : segment.source.read(segment.offset, segment.length);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
