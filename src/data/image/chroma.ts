/**
 * Colour at a lower resolution than brightness (4:2:0, 4:2:2, 4:4:0), as most photographs are stored. Decoders differ in
 * how they bring it back: frameworks see what libjpeg's default gives, a triangle filter with three parts of the nearer
 * sample and one of the next ("fancy upsampling", libjpeg-turbo `jdsample.c`), not repeated samples.
 */

/** Pixels of brightness to a sample of colour, across and down. */
export interface Subsampling {
  readonly across: number;
  readonly down: number;
}

/** Smooths the colour of YCbCr pixels (three bytes each) whose samples were repeated; in place. */
export function smoothChroma(data: Uint8Array, width: number, height: number, { across, down }: Subsampling): void {
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / down)];
  // Other ratios are repeated by libjpeg as well, and so are pictures too narrow for the filter.
  if (across > 2 || down > 2 || across * down === 1 || (across === 2 && columns <= 2)) return;
  for (const channel of [1, 2]) {
    const plane = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        plane[row * columns + column] = data[(row * down * width + column * across) * 3 + channel]!;
      }
    }
    const line = new Uint16Array(columns);
    for (let y = 0; y < height; y++) {
      const isLower = down === 2 && y % 2 === 1;
      mix(plane, line, rows, down === 1 ? { near: y } : { near: y >> 1, far: (y >> 1) + (isLower ? 1 : -1) });
      const out = data.subarray(y * width * 3);
      if (across === 1) {
        for (let x = 0; x < width; x++) out[x * 3 + channel] = (line[x]! + (isLower ? 2 : 1)) >> 2;
      } else spread(line, out, width, channel, down);
    }
  }
}

/** A line of colour: the nearer row, or three parts of it and one of the far row (the last one repeats at the border). */
function mix(plane: Uint8Array, line: Uint16Array, rows: number, { near, far }: { near: number; far?: number }): void {
  const columns = line.length;
  const other = far === undefined ? undefined : Math.min(rows - 1, Math.max(0, far)) * columns;
  for (let column = 0; column < columns; column++) {
    const sample = plane[near * columns + column]!;
    line[column] = other === undefined ? sample : 3 * sample + plane[other + column]!;
  }
}

/** Twice as many pixels as the line has samples. Roundings alternate, as libjpeg's do, so that none drifts. */
function spread(line: Uint16Array, out: Uint8Array, width: number, channel: number, down: number): void {
  const last = line.length - 1;
  const [shift, even, odd] = down === 1 ? [2, 1, 2] : [4, 8, 7];
  for (let x = 0; x < width; x++) {
    const at = x >> 1;
    const isOdd = x % 2 === 1;
    const next = isOdd ? Math.min(last, at + 1) : Math.max(0, at - 1);
    out[x * 3 + channel] = (3 * line[at]! + line[next]! + (isOdd ? odd : even)) >> shift;
  }
}
