/** An image in memory. */

/** 8-bit RGB, interleaved, row by row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 bytes. */
  readonly data: Uint8Array;
}
