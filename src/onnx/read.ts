/** Reads a model file lazily: everything but the weights is decoded, the weights stay on disk until asked for. */
import { LapidaryError } from '../protocol/errors';
import { ExternalFiles, isExternal } from './externalData';
import { FileSource } from './fileSource';
import { setPayload, type PayloadSource } from './payload';
import { scanModel, type Scan } from './scan';
import { decodeProto } from './decode';
import { type ModelProto } from './schema/onnx_pb';
import { describeForeign } from './foreign';
import { tensorsOfModel } from './tensors';
import { type WireSource } from './wireReader';

/** Weights of at least this many bytes stay on disk. */
const lazyThreshold = 4096;

/** Largest part of a file that is not weights and still decoded, bytes. */
const largestSkeleton = 2 ** 31 - 1;

/** Decodes a file; its large weights become payload spans over it. Throws `not-found`, `not-onnx`, `io`. */
export function readOnnx(path: string): ModelProto {
  const source = FileSource.open(path);
  const release = source.hold();
  try {
    return decode(source, source, new ExternalFiles(path));
  } finally {
    release();
  }
}

/** Decodes a model in memory, which must not change afterwards; external data is looked for beside `path`. */
export function decodeOnnx(bytes: Uint8Array, path?: string): ModelProto {
  const source = new MemorySource(bytes, path ?? 'model in memory');
  return decode(source, source, new ExternalFiles(path));
}

/** Bytes in memory, read as a file is; a view where alignment allows. */
class MemorySource {
  readonly size: number;

  constructor(
    private readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.size = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const target = new Uint8Array(length);
    this.readInto(target, offset);
    return target;
  }

  readInto(target: Uint8Array, offset: number): void {
    target.set(this.bytes.subarray(offset, offset + target.length));
  }
}

function decode(source: WireSource, payloads: PayloadSource, files: ExternalFiles): ModelProto {
  if (source.size === 0) throw new LapidaryError('not-onnx', 'The file is empty.', { model: source.name });
  const foreign = describeForeign(source);
  let scan: Scan;
  try {
    scan = scanModel(source, lazyThreshold);
  } catch (thrown) {
    throw foreign ? notOnnx(source.name, foreign, thrown) : thrown;
  }
  const { bytes, spanAt } = skeletonOf(source, scan);
  let model: ModelProto;
  try {
    model = decodeProto(bytes);
  } catch (thrown) {
    throw LapidaryError.from(thrown, 'not-onnx', { model: source.name });
  }
  if (!model.graph) throw notOnnx(source.name, foreign ?? 'it holds no graph');
  for (const tensor of tensorsOfModel(model)) {
    // The decoder gives views, so the place of the byte that was left behind tells which span it stands for.
    const span = Object.hasOwn(tensor, 'rawData') ? spanAt.get(tensor.rawData.byteOffset) : undefined;
    if (span) {
      setPayload(tensor, { kind: 'span', source: payloads, ...span });
      delete (tensor as { rawData?: Uint8Array }).rawData;
    }
    if (isExternal(tensor)) setPayload(tensor, files.payload(tensor));
  }
  return model;
}

/** Copies everything but the spans, with the lengths around them mended. */
function skeletonOf(source: WireSource, { spans, patches }: Scan): { bytes: Uint8Array; spanAt: SpanAt } {
  const leftOut = spans.reduce((sum, span) => sum + span.length - 1, 0);
  if (source.size - leftOut > largestSkeleton) {
    throw new LapidaryError('unsupported', 'More than 2 GB of the model are not raw weights.', {
      model: source.name,
      hint: 'Save the model with raw data, as ONNX tools do by default.',
    });
  }
  const bytes = new Uint8Array(source.size - leftOut);
  const spanAt: SpanAt = new Map();
  let [from, to, next] = [0, 0, 0];
  for (const span of [...spans, { offset: source.size, length: 1 }]) {
    // Up to and including the first byte of the weights.
    const end = Math.min(span.offset + 1, source.size);
    source.readInto(bytes.subarray(to, to + end - from), from);
    for (; next < patches.length && patches[next]!.offset < end; next++) {
      const { offset, width, value } = patches[next]!;
      writePaddedVarint(bytes, to + offset - from, width, value);
    }
    to += end - from;
    from = span.offset + span.length;
    if (span.offset < source.size) spanAt.set(to - 1, span);
  }
  return { bytes, spanAt };
}

/** Spans by the place of their first byte in the skeleton. */
type SpanAt = Map<number, { offset: number; length: number }>;

/** A varint of a given width: leading zero groups are legal, so lengths can shrink without moving anything. */
function writePaddedVarint(bytes: Uint8Array, offset: number, width: number, value: number): void {
  let rest = value;
  for (let index = 0; index < width; index++) {
    bytes[offset + index] = (rest % 128) + (index < width - 1 ? 0x80 : 0);
    rest = Math.floor(rest / 128);
  }
}

function notOnnx(name: string, what: string, cause?: unknown): LapidaryError {
  return new LapidaryError('not-onnx', `Not an ONNX model: ${what}.`, { model: name }, { cause });
}
