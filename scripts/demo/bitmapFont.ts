// Text drawn with a bitmap font (AngelCode BMFont, XML form): real, antialiased letters without a font engine.
import fs from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';

interface Glyph {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly xoffset: number;
  readonly yoffset: number;
  readonly xadvance: number;
}

/** Grey values 0 to 255 of one picture, row by row. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A font, ready to draw with. */
export class BitmapFont {
  private constructor(
    private readonly glyphs: ReadonlyMap<string, Glyph>,
    private readonly sheet: PNG,
    /** Pixels from one line to the next. */
    readonly lineHeight: number,
  ) {}

  /** Reads NAME.fnt and NAME.png. */
  static read(folder: string, name: string): BitmapFont {
    const xml = fs.readFileSync(path.join(folder, `${name}.fnt`), 'utf8');
    const number = (tag: string, key: string): number => Number(new RegExp(`\\b${key}="(-?\\d+)"`).exec(tag)?.[1] ?? 0);
    const glyphs = new Map<string, Glyph>();
    for (const [tag] of xml.matchAll(/<char [^>]*>/g)) {
      const keys = ['x', 'y', 'width', 'height', 'xoffset', 'yoffset', 'xadvance'] as const;
      const values = Object.fromEntries(keys.map((key) => [key, number(tag, key)])) as unknown as Glyph;
      glyphs.set(String.fromCodePoint(number(tag, 'id')), values);
    }
    const sheet = PNG.sync.read(fs.readFileSync(path.join(folder, `${name}.png`)));
    return new BitmapFont(glyphs, sheet, number(/<common [^>]*>/.exec(xml)?.[0] ?? '', 'lineHeight'));
  }

  /** Width of a line in pixels. */
  widthOf(text: string): number {
    return Array.from(text).reduce((sum, letter) => sum + (this.glyphs.get(letter)?.xadvance ?? 0), 0);
  }

  /** How much of each pixel a line of text covers, 0 to 255, its top left corner at (left, top). */
  draw(text: string, width: number, height: number, left: number, top: number): Canvas {
    const data = new Uint8Array(width * height);
    let pen = left;
    for (const letter of text) {
      const glyph = this.glyphs.get(letter);
      if (!glyph) throw new Error(`The font has no "${letter}".`);
      this.stamp(glyph, { width, height, data }, pen + glyph.xoffset, top + glyph.yoffset);
      pen += glyph.xadvance;
    }
    return { width, height, data };
  }

  private stamp(glyph: Glyph, { width, height, data }: Canvas, left: number, top: number): void {
    for (let y = 0; y < glyph.height; y++) {
      for (let x = 0; x < glyph.width; x++) {
        const [toX, toY] = [left + x, top + y];
        if (toX < 0 || toY < 0 || toX >= width || toY >= height) continue;
        const alpha = this.sheet.data[((glyph.y + y) * this.sheet.width + glyph.x + x) * 4 + 3]!;
        data[toY * width + toX] = Math.max(data[toY * width + toX]!, alpha);
      }
    }
  }
}
