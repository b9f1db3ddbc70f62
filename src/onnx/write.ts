/** Writes a model by streaming: memory use does not depend on its size. */
import { basename } from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { newMessage } from './messages';
import { OutputFile, publishTogether, writeFailure, type WriteContext } from './outputFile';
import { payloadLength, payloadOf, setPayload, type Payload, type PayloadSource } from './payload';
import { ropeOf } from './rope';
import { externalLocation } from './schema/fieldTable';
import { type ModelProto, type TensorProto } from './schema/onnx_pb';
import { tensorsOfModel } from './tensors';

/** Weights below this many bytes stay in the model whatever is asked for. */
export const externalThreshold = 1024;

/** Above this an inline model becomes unreadable for others: protobuf ends at 2 GiB. */
export const largestInline = 1.9e9;

/** Large tensors start at a page, so that a runtime can map them; small ones at a cache line. */
const pageAlignment = 4096;
const lineAlignment = 64;

/** Files kept open at a time; a model may name one for each tensor. */
const mostHeld = 64;

/** How to write. */
export interface WriteOptions extends WriteContext {
  /** True: weights in one file beside the model. False: all in one file. Undefined: as large models need. */
  readonly externalData?: boolean;
}

/** One file that was written. */
export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

/** What writing made: the model, and its external data if there is any. */
export interface WrittenFiles {
  readonly model: WrittenFile;
  readonly data?: WrittenFile;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** Writes `model` (whose tensors it may change to external ones) to `path`; all files appear or none. */
export async function writeOnnx(model: ModelProto, path: string, options: WriteOptions = {}): Promise<WrittenFiles> {
  const external = options.externalData ?? inlineLength(model) > largestInline;
  const files: OutputFile[] = [];
  const release = holdSources(model);
  try {
    const data = external ? await writeExternalData(model, `${path}.data`, options, files) : undefined;
    const rope = ropeOf(model);
    if (rope.length > largestInline) throw tooLarge(path, rope.length, external);
    const file = await OutputFile.create(path, options);
    files.push(file);
    for (const segment of rope.segments) await file.append(segment);
    for (const each of files) await each.finish();
    // A file that is still open cannot be replaced everywhere, and the source may be the target.
    release();
    await publishTogether(files);
    return { model: { path, bytes: file.length }, data, bytes: file.length + (data?.bytes ?? 0) };
  } catch (thrown) {
    throw writeFailure(thrown, path);
  } finally {
    release();
    for (const each of files) await each.discard();
  }
}

async function writeExternalData(
  model: ModelProto,
  path: string,
  context: WriteContext,
  files: OutputFile[],
): Promise<WrittenFile | undefined> {
  let file: OutputFile | undefined;
  for (const tensor of tensorsOfModel(model)) {
    const payload = payloadOf(tensor);
    const length = payload ? payloadLength(payload) : 0;
    if (!payload || length < externalThreshold) continue;
    if (!file) files.push((file = await OutputFile.create(path, context)));
    await file.align(length >= pageAlignment ? pageAlignment : lineAlignment);
    makeExternal(tensor, basename(path), file.length, length);
    await file.append(payload);
  }
  return file && { path, bytes: file.length };
}

function makeExternal(tensor: TensorProto, location: string, offset: number, length: number): void {
  const entries = { location, offset: String(offset), length: String(length) };
  setPayload(tensor, undefined);
  tensor.dataLocation = externalLocation;
  tensor.externalData = Object.entries(entries).map(([key, value]) =>
    newMessage('StringStringEntryProto', { key, value }),
  );
}

function inlineLength(model: ModelProto): number {
  let sum = 0;
  for (const tensor of tensorsOfModel(model)) {
    const payload: Payload | undefined = payloadOf(tensor);
    sum += payload ? payloadLength(payload) : tensor.rawData.length;
  }
  return sum;
}

/** Keeps the files that weights come from open until the returned function is called. */
function holdSources(model: ModelProto): () => void {
  const sources = new Set<PayloadSource>();
  for (const tensor of tensorsOfModel(model)) {
    const payload = payloadOf(tensor);
    if (payload?.kind === 'span') sources.add(payload.source);
  }
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const each of releases.splice(0)) each();
  };
  try {
    for (const source of [...sources].slice(0, mostHeld)) if (source.hold) releases.push(source.hold());
  } catch (thrown) {
    release();
    throw thrown;
  }
  return release;
}

function tooLarge(path: string, length: number, external: boolean): LapidaryError {
  const what = external ? 'apart from its weights' : 'in one file';
  return new LapidaryError('unsupported', `The model takes ${(length / 1e9).toFixed(2)} GB ${what}; 1.9 is the most.`, {
    model: path,
    hint: external ? undefined : 'Keep the weights in external data.',
  });
}
