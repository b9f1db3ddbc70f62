import assert from 'node:assert/strict';
import { type Image } from './image';
import { resizeImage, type ResizeFilter } from './resize';

/** Pixels that are their own formula, so that any language can make the same image. */
function pattern(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, at++) data[at] = (x * 37 + y * 91 + c * 53 + x * y * 7) % 256;
  }
  return { width, height, data };
}

/** What Pillow 12 gives for the same image and size: sum, and a sum weighted by position, of all bytes. */
const pillow: [ResizeFilter, number, number, number, number][] = [
  ['bilinear', 17, 13, 84511, 9612911],
  ['bilinear', 80, 61, 1866349, 232006262],
  ['bilinear', 50, 20, 383058, 47576061],
  ['bilinear', 25, 40, 383043, 47873170],
  ['bicubic', 17, 13, 84510, 9612804],
  ['bicubic', 80, 61, 1866106, 231911016],
  ['bicubic', 50, 20, 382977, 47543447],
  ['bicubic', 25, 40, 382980, 47878522],
  ['lanczos', 17, 13, 84517, 9611789],
  ['lanczos', 80, 61, 1865878, 231853002],
  ['lanczos', 50, 20, 382252, 47448424],
  ['lanczos', 25, 40, 382167, 47785714],
  ['nearest', 17, 13, 81178, 9108662],
  ['nearest', 80, 61, 1864440, 231399964],
  ['nearest', 50, 20, 379796, 47111818],
  ['nearest', 25, 40, 383256, 48094856],
];

describe('resizeImage', () => {
  for (const [filter, width, height, sum, weighted] of pillow) {
    it(`is Pillow's ${filter} to ${width}x${height}, to the bit`, () => {
      const { data } = resizeImage(pattern(50, 40), width, height, filter);
      const sums = data.reduce(([a, b], value, at) => [a! + value, b! + value * (at % 251)], [0, 0]);
      assert.deepEqual(sums, [sum, weighted]);
    });
  }

  it('gives the image itself when the size is the same', () => {
    const image = pattern(5, 4);
    assert.equal(resizeImage(image, 5, 4), image);
  });
});
