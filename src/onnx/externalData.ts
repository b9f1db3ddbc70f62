/**
 * Weights kept beside the model. A model names their files freely, so a path is followed only inside the model's own
 * folder, after every symbolic link is resolved: a model from elsewhere must not read what is not part of it.
 */
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep, win32 } from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { FileSource } from './fileSource';
import { type Payload } from './payload';
import { externalLocation } from './schema/fieldTable';
import { type TensorProto } from './schema/onnx_pb';
import { rawLength } from './typedData';

/** True when the tensor's raw data is in another file. */
export function isExternal(tensor: TensorProto): boolean {
  return Number(tensor.dataLocation) === externalLocation;
}

/** Opens the external files of one model, each once. */
export class ExternalFiles {
  private readonly files = new Map<string, FileSource>();

  /** `modelPath` is undefined for a model in memory, which can have no external data. */
  constructor(private readonly modelPath: string | undefined) {}

  /** Where the data of an external tensor is; throws `external-data` when it is not there or must not be read. */
  payload(tensor: TensorProto): Payload {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? '';
    const source = this.files.get(location) ?? this.open(location, tensor.name);
    const offset = this.number(entries.get('offset'), 'offset', tensor.name) ?? 0;
    const elements = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
    const length =
      this.number(entries.get('length'), 'length', tensor.name) ??
      rawLength(tensor.dataType, elements) ??
      Math.max(0, source.size - offset);
    if (offset + length > source.size) {
      const what = `"${location}" has ${source.size} bytes, but the tensor's data ends at byte ${offset + length}`;
      throw this.error(`External data is cut off: ${what}.`, tensor.name);
    }
    return { kind: 'span', source, offset, length };
  }

  private open(location: string, tensor: string): FileSource {
    if (this.modelPath === undefined) {
      throw this.error('A model in memory cannot have external data.', tensor, 'Open it from its file.');
    }
    const source = this.openInside(dirname(resolve(this.modelPath)), location, tensor);
    this.files.set(location, source);
    return source;
  }

  private openInside(folder: string, location: string, tensor: string): FileSource {
    const named = resolve(folder, location);
    if (location === '' || location.includes('\0')) throw this.error('External data has no location.', tensor);
    if (isAbsolute(location) || win32.isAbsolute(location) || !isInside(folder, named)) {
      throw this.outside(location, tensor);
    }
    let real: string;
    try {
      real = realpathSync(named);
    } catch (thrown) {
      const hint = 'Put the file beside the model, or get it from where the model came from.';
      throw this.error(`External data "${location}" is missing.`, tensor, hint, thrown);
    }
    if (!isInside(realpathSync(folder), real)) throw this.outside(location, tensor);
    try {
      return FileSource.open(real);
    } catch (thrown) {
      throw this.error(`External data "${location}" cannot be read.`, tensor, undefined, thrown);
    }
  }

  private number(text: string | undefined, key: string, tensor: string): number | undefined {
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    if (value === undefined)
      throw this.error(`External data has ${key} "${text}", which is no number of bytes.`, tensor);
    return value;
  }

  private outside(location: string, tensor: string): LapidaryError {
    const hint = 'Weights are read only from the folder of the model, with symbolic links resolved.';
    return this.error(`External data "${location}" is outside the folder of the model.`, tensor, hint);
  }

  private error(message: string, tensor: string, hint?: string, cause?: unknown): LapidaryError {
    return new LapidaryError('external-data', message, { model: this.modelPath, tensor, hint }, { cause });
  }
}

/** True when `path` is below `folder`. */
function isInside(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps !== '' && steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}
