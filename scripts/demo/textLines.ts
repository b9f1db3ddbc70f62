// Pictures of printed lines of text whose contents are known: what a text reader meets, with a truth to score it by.
import fs from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import { Random } from '../../src/numerics/random';
import { type BitmapFont, type Canvas } from './bitmapFont';

const words = (
  'Invoice Total Receipt Order Delivery Payment Account Customer Number Street Garden Station Platform Ticket ' +
  'Morning Evening Winter Summer Window Bridge Harbour Mountain Library Museum Kitchen Coffee Bread Butter Paper ' +
  'Silver Copper Marble Granite Quartz Sapphire Diamond Weight Length Height Voltage Pressure Entrance Closed Open'
).split(' ');

/** A line of text as a picture. */
export interface TextLine {
  readonly text: string;
  readonly file: string;
}

/** Text of about the width that fits: words, sometimes with a number behind. */
function makeText(random: Random, font: BitmapFont, room: number): string {
  const parts: string[] = [];
  for (;;) {
    const isNumber = parts.length > 0 && random.uniform() < 0.35;
    const next = isNumber ? String(10 + random.integer(9990)) : words[random.integer(words.length)]!;
    if (font.widthOf([...parts, next].join(' ')) > room) return parts.length > 0 ? parts.join(' ') : next.slice(0, 6);
    parts.push(next);
    if (parts.length === 3) return parts.join(' ');
  }
}

/** Ink on paper: two colours, uneven light, the noise of a sensor. */
function photograph({ width, height, data }: Canvas, random: Random, upsideDown: boolean): Buffer {
  const image = new PNG({ width, height });
  const paper = [0, 1, 2].map(() => random.uniform(175, 250));
  const ink = [0, 1, 2].map(() => random.uniform(5, 95));
  const [slopeX, slopeY] = [random.uniform(-30, 30), random.uniform(-15, 15)];
  const noise = random.uniform(1, 7);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const cover = data[upsideDown ? data.length - 1 - at : at]! / 255;
      const light = (slopeX * x) / width + (slopeY * y) / height + random.normal(0, noise);
      for (const channel of [0, 1, 2]) {
        const value = paper[channel]! * (1 - cover) + ink[channel]! * cover + light;
        image.data[at * 4 + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
      image.data[at * 4 + 3] = 255;
    }
  }
  return PNG.sync.write(image);
}

/** Where and how many lines to make. */
export interface LinesOptions {
  readonly folder: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Class folders: "0" upright, "180" upside down. Without: all upright in one folder. */
  readonly directions?: boolean;
}

/** Writes pictures of lines; the same seed gives the same pictures. */
export function makeTextLines(font: BitmapFont, options: LinesOptions): TextLine[] {
  const { folder, count, width, height, seed, directions = false } = options;
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => {
    const text = makeText(random, font, width - 24);
    const left = 4 + random.integer(Math.max(1, width - 8 - font.widthOf(text)));
    const top = Math.round((height - font.lineHeight) / 2) + random.integer(5) - 2;
    const upsideDown = directions && index % 2 === 1;
    const place = directions ? path.join(folder, upsideDown ? '180' : '0') : folder;
    const file = path.join(place, `${String(index).padStart(3, '0')}.png`);
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(file, photograph(font.draw(text, width, height, left, top), random, upsideDown));
    return { text, file };
  });
}
