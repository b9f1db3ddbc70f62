/** RIFF WAVE recordings: PCM of 8 to 32 bits and float, any number of channels, mixed down to one. */
import { LapidaryError } from '../protocol/errors';
import { npyFile } from './npy';

/** What the header says, and a way to read frames. */
export interface Recording {
  readonly rate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
  /** Frames from `start`, mixed to mono, -1 to 1; shorter when the recording ends. */
  read(start: number, count: number): Float32Array;
}

type Decode = (view: DataView, at: number) => number;

const decoders: Readonly<Record<string, Decode>> = {
  'pcm 8': (view, at) => (view.getUint8(at) - 128) / 128,
  'pcm 16': (view, at) => view.getInt16(at, true) / 2 ** 15,
  'pcm 24': (view, at) => ((view.getUint8(at) << 8) | (view.getUint16(at + 1, true) << 16)) / 2 ** 31,
  'pcm 32': (view, at) => view.getInt32(at, true) / 2 ** 31,
  'float 32': (view, at) => view.getFloat32(at, true),
  'float 64': (view, at) => view.getFloat64(at, true),
};

/** Format tags of the "fmt " chunk; 0xfffe says that the real one follows. */
const formats: Readonly<Record<number, string>> = { 1: 'pcm', 3: 'float' };

/** Opens a recording: reads its chunks' headers only. Throws a `data` error that names the file. */
export function openWav(path: string): Recording {
  const source = npyFile(path);
  const head = viewOf(source.read(0, 12));
  if (head.byteLength < 12 || tag(head, 0) !== 'RIFF' || tag(head, 8) !== 'WAVE') {
    throw new LapidaryError('data', `${path} is not a WAVE recording.`);
  }
  let format: { decode: Decode; channels: number; rate: number; width: number } | undefined;
  for (let at = 12; ;) {
    const chunk = viewOf(source.read(at, 8));
    if (chunk.byteLength < 8) throw new LapidaryError('data', `${path} has no samples in it.`);
    const [name, length] = [tag(chunk, 0), chunk.getUint32(4, true)];
    if (name === 'fmt ') format = readFormat(viewOf(source.read(at + 8, Math.min(length, 40))), path);
    if (name === 'data') {
      if (!format) throw new LapidaryError('data', `${path} does not say its format.`);
      const { decode, channels, rate, width } = format;
      const frameBytes = width * channels;
      const start = at + 8;
      const read = (from: number, count: number): Float32Array => {
        const within = Math.max(0, Math.min(count, Math.floor(length / frameBytes) - from));
        return mix(viewOf(source.read(start + from * frameBytes, within * frameBytes)), decode, channels, width);
      };
      return { rate, channels, frames: Math.floor(length / frameBytes), read };
    }
    at += 8 + length + (length % 2); // chunks start at even offsets
  }
}

function readFormat(view: DataView, path: string) {
  const said = view.getUint16(0, true);
  const code = said === 0xfffe && view.byteLength >= 26 ? view.getUint16(24, true) : said;
  const bits = view.getUint16(14, true);
  const decode = decoders[`${formats[code] ?? `format ${code}`} ${bits}`];
  if (!decode) {
    throw new LapidaryError('data', `${path} is coded in a way that is not read (format ${code}, ${bits} bits).`, {
      hint: 'Convert it to 16-bit PCM.',
    });
  }
  return { decode, channels: view.getUint16(2, true), rate: view.getUint32(4, true), width: bits / 8 };
}

function mix(view: DataView, decode: Decode, channels: number, width: number): Float32Array {
  const frames = Math.floor(view.byteLength / (channels * width));
  return Float32Array.from({ length: frames }, (_, frame) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += decode(view, (frame * channels + channel) * width);
    return sum / channels;
  });
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const tag = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
