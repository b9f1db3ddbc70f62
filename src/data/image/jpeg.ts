/** JPEG to RGB. */
import { rgbOfRgba, type Image } from './image';
import { decodeRgba } from './mozjpeg';

/** Pixels that an image may have: the decoder has 2 GB at most, and takes four bytes for each. */
const mostPixels = 400e6;

/** Decodes a JPEG; throws whatever the decoder says of a damaged one. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Image> {
  const { components, width, height } = frameOf(bytes);
  if (width * height > mostPixels) throw new Error(`${width} by ${height} pixels are more than can be decoded`);
  if (components === 4) return decodeInks(bytes);
  return rgbOfRgba(await decodeRgba(bytes));
}

/** CMYK and YCCK, which libjpeg does not turn into RGB. Rare enough for a decoder that is slow. */
async function decodeInks(bytes: Uint8Array): Promise<Image> {
  const { decode } = await import('jpeg-js');
  return decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    // Large images need more than the library allows by default.
    maxMemoryUsageInMB: 2048,
    maxResolutionInMP: mostPixels / 1e6,
  });
}

interface Frame {
  readonly components: number;
  readonly width: number;
  readonly height: number;
}

/** Walks the segments up to the frame header (ITU-T T.81, annex B); zeros where there is none, which decoders put into words. */
function frameOf(bytes: Uint8Array): Frame {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    // SOF0 to SOF15, apart from DHT, JPG and DAC that share the range.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: word(at + 5), width: word(at + 7), components: bytes[at + 9]! };
    at += 2 + word(at + 2);
  }
  return { components: 0, width: 0, height: 0 };
}
