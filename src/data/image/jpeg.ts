/**
 * JPEG to RGB. jpeg-js undoes the coding; the colour is ours, because the library repeats samples of colour that
 * libjpeg smooths, and truncates, which darkens every pixel by half a step on average. Fixed point as in libjpeg (JFIF 1.02, section "Conversion").
 */
import { smoothChroma, type Subsampling } from './chroma';
import { type Image } from './image';

/** Decodes a JPEG; throws whatever the decoder says of a damaged one. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Image> {
  const { decode } = await import('jpeg-js');
  const { components, subsampling, adobe } = inspect(bytes);
  const raw = components === 3 && (adobe === undefined || adobe.transform === 1);
  // The library heeds an Adobe marker more than its option: without the marker, components come as they are.
  const input = raw && adobe ? without(bytes, adobe.start, adobe.end) : bytes;
  const { width, height, data } = decode(input, {
    useTArray: true,
    formatAsRGBA: false,
    // Large images need more than the library allows by default.
    maxMemoryUsageInMB: 2048,
    maxResolutionInMP: 400,
    ...(raw && { colorTransform: false }),
  });
  if (raw) {
    if (subsampling) smoothChroma(data, width, height, subsampling);
    toRgb(data);
  }
  return { width, height, data };
}

interface Structure {
  readonly components: number;
  /** Of the colour, where both of its components have the same. */
  readonly subsampling?: Subsampling;
  /** The APP14 "Adobe" segment: its place and its colour transform (0 none, 1 YCbCr, 2 YCCK). */
  readonly adobe?: { readonly start: number; readonly end: number; readonly transform: number };
}

/** Walks the segments up to the frame header (ITU-T T.81, annex B). */
function inspect(bytes: Uint8Array): Structure {
  let adobe: Structure['adobe'];
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
    const isAdobe = marker === 0xee && String.fromCharCode(...bytes.subarray(at + 4, at + 9)) === 'Adobe';
    if (isAdobe) adobe = { start: at, end, transform: bytes[at + 15] ?? 0 };
    // SOF0 to SOF15, apart from DHT, JPG and DAC that share the range.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { components: bytes[at + 9]!, ...subsamplingOf(bytes, at), ...(adobe && { adobe }) };
    at = end;
  }
  return { components: 0 };
}

/** From the sampling factors in a frame header at `at`: a byte for each component, across and down. */
function subsamplingOf(bytes: Uint8Array, at: number): Pick<Structure, 'subsampling'> {
  const [y = 0, cb = 0, cr = 0] = [11, 14, 17].map((offset) => bytes[at + offset] ?? 0);
  const [across, down] = [(y >> 4) / (cb >> 4), (y & 15) / (cb & 15)];
  return cb === cr && Number.isInteger(across) && Number.isInteger(down) ? { subsampling: { across, down } } : {};
}

function without(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Uint8Array(bytes.length - (end - start));
  out.set(bytes.subarray(0, start));
  out.set(bytes.subarray(end), start);
  return out;
}

const fix = (factor: number): number => Math.floor(factor * 65536 + 0.5);
const [redOfCr, blueOfCb, greenOfCr, greenOfCb] = [fix(1.402), fix(1.772), -fix(0.71414), -fix(0.34414)];
const half = 1 << 15;

/** YCbCr to RGB in place. */
function toRgb(data: Uint8Array): void {
  for (let at = 0; at < data.length; at += 3) {
    const y = data[at]!;
    const cb = data[at + 1]! - 128;
    const cr = data[at + 2]! - 128;
    data[at] = clip(y + ((redOfCr * cr + half) >> 16));
    data[at + 1] = clip(y + ((greenOfCb * cb + greenOfCr * cr + half) >> 16));
    data[at + 2] = clip(y + ((blueOfCb * cb + half) >> 16));
  }
}

const clip = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
