/** Decodes image files to RGB. The decoders are loaded when the first image is. */
import { readFileSync } from 'node:fs';
import { LapidaryError } from '../../protocol/errors';
import { rgbOfRgba, type Image } from './image';
import { decodeJpeg } from './jpeg';

/** Extensions of image files that can be decoded. */
export const imageExtensions: readonly string[] = ['.jpg', '.jpeg', '.png'];

/** Reads one image; what it is goes by its first bytes, not by its name. Throws a `data` error that names the file. */
export async function readImage(file: string): Promise<Image> {
  try {
    const bytes = readFileSync(file);
    if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xd8) return await decodeJpeg(bytes);
    if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x89504e47) return await decodePng(bytes);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new LapidaryError('data', `Could not decode the image ${file}: ${reason}.`, {}, { cause: thrown });
  }
  throw new LapidaryError('data', `${file} is neither a JPEG nor a PNG image.`, {
    hint: 'Convert it, or leave it out of the folder.',
  });
}

async function decodePng(bytes: Buffer): Promise<Image> {
  const { PNG } = await import('pngjs');
  return rgbOfRgba(PNG.sync.read(bytes));
}
