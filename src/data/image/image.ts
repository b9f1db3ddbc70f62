/** An image in memory. */

/** 8-bit RGB, interleaved, row by row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 bytes. */
  readonly data: Uint8Array;
}

/** Drops the fourth channel, in the memory of the original. */
export function rgbOfRgba(image: {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}): Image {
  const { width, height, data } = image;
  const rgb = new Uint8Array(data.buffer, data.byteOffset, width * height * 3);
  for (let from = 4, to = 3; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { width, height, data: rgb };
}
