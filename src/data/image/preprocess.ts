/** From an image to a tensor: resize, crop, scale, mean, std, in the order and with the rounding of torchvision. */
import { isFloat } from '../../graph/dataType';
import { roundHalfEven } from '../../numerics/rounding';
import { LapidaryError } from '../../protocol/errors';
import { type RuntimeTensor } from '../../runtime/port';
import { elementsOf } from '../cast';
import { type ImageDescription } from '../description';
import { showSlot, type InputSlot } from '../slot';
import { type Image } from './image';
import { resizeImage } from './resize';

/** How the images of one data set become tensors for one input: everything decided, nothing left to guess. */
export interface ImagePlan {
  readonly slot: InputSlot;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 'RGB' | 'BGR' | 'GRAY';
  readonly description: ImageDescription;
  /** For each channel, the float that each of the 256 pixel values becomes. */
  readonly tables: readonly Float32Array[];
}

/** Without a description, sizes that the model leaves open are bounded by this many pixels and rounded to 32. */
const freeSize = { longest: 640, multipleOf: 32 };

/** Decides what the description leaves open by the input's shape and type; throws a `data` error when they contradict. */
export function planImages(slot: InputSlot, given: ImageDescription | undefined): ImagePlan {
  const { shape } = slot;
  if (shape && (shape.length < 2 || shape.length > 4 || isVector(shape))) {
    throw new LapidaryError('data', `Images do not fit the input, which takes ${showSlot(slot)}.`, {
      tensor: slot.name,
    });
  }
  const layout = given?.layout ?? layoutOf(shape);
  const { channels: channelCount, height, width } = axesOf(shape, layout);
  const channels = given?.channels ?? (channelCount === 1 || shape?.length === 2 ? 'GRAY' : 'RGB');
  const count = channels === 'GRAY' ? 1 : 3;
  if (channelCount !== undefined && channelCount !== count) {
    throw new LapidaryError('data', `The input takes ${channelCount} channels, ${channels} images have ${count}.`, {
      tensor: slot.name,
      hint: `The input takes ${showSlot(slot)}; set "layout" or "channels" in the description of the data.`,
    });
  }
  const description = { ...(given ?? {}), ...(needsSize(given) && sizeFor(height, width)) };
  return { slot, layout, channels, description, tables: tablesFor(slot, description, count) };
}

/** [N, features]: no picture, though it has two axes. */
const isVector = (shape: NonNullable<InputSlot['shape']>): boolean =>
  shape.length === 2 && (shape[0] ?? 1) === 1 && shape[1] !== undefined;

const needsSize = (given: ImageDescription | undefined): boolean =>
  given?.resize === undefined && given?.crop === undefined && given?.multipleOf === undefined;

function sizeFor(height: number | undefined, width: number | undefined): ImageDescription {
  if (height !== undefined && width !== undefined) return { resize: [height, width] };
  if (height !== undefined) return { resize: { height } };
  if (width !== undefined) return { resize: { width } };
  return { resize: { longest: freeSize.longest }, multipleOf: freeSize.multipleOf };
}

function layoutOf(shape: InputSlot['shape']): 'NCHW' | 'NHWC' {
  if (!shape || shape.length < 3) return 'NCHW';
  const isChannels = (dim: number | undefined) => dim === 1 || dim === 3;
  return !isChannels(shape.at(-3)) && isChannels(shape.at(-1)) ? 'NHWC' : 'NCHW';
}

function axesOf(shape: InputSlot['shape'], layout: 'NCHW' | 'NHWC') {
  if (!shape) return {};
  if (shape.length === 2) return { height: shape[0], width: shape[1] };
  const [a, b, c] = shape.slice(-3);
  return layout === 'NCHW' ? { channels: a, height: b, width: c } : { channels: c, height: a, width: b };
}

/** x ↦ (x/scale − mean)/std in float32 steps, as a table: equal to the bit to what float32 frameworks compute. */
function tablesFor(slot: InputSlot, description: ImageDescription, count: number): Float32Array[] {
  const { scale = isFloat(slot.dataType) ? 255 : 1 } = description;
  const mean = perChannel('mean', description.mean ?? 0, count);
  const std = perChannel('std', description.std ?? 1, count);
  return mean.map((m, channel) => {
    const s = Math.fround(std[channel]!);
    if (s === 0) throw new LapidaryError('data', '"std" must not be zero.');
    return Float32Array.from({ length: 256 }, (_, pixel) => {
      const centred = Math.fround(Math.fround(pixel / scale) - Math.fround(m));
      return centred / s;
    });
  });
}

function perChannel(what: string, value: number | readonly number[], count: number): readonly number[] {
  if (typeof value === 'number') return Array.from({ length: count }, () => value);
  if (value.length === count) return value;
  throw new LapidaryError('data', `"${what}" has ${value.length} numbers for ${count} channels.`);
}

/** The tensor of one image; a fixed batch is filled with copies by `fitToSlot`. */
export function imageTensor(image: Image, plan: ImagePlan): RuntimeTensor {
  const { slot, layout, channels, tables, description } = plan;
  const { width, height, data } = shapeImage(image, description);
  const area = width * height;
  const count = tables.length;
  const values = new Float32Array(area * count);
  const [pixelStep, channelStep] = layout === 'NCHW' ? [1, area] : [count, 1];
  for (let channel = 0; channel < count; channel++) {
    const table = tables[channel]!;
    let to = channel * channelStep;
    if (channels === 'GRAY') {
      for (let from = 0; from < data.length; from += 3, to += pixelStep) values[to] = table[luma(data, from)]!;
    } else {
      const source = channels === 'BGR' ? 2 - channel : channel;
      for (let from = source; from < data.length; from += 3, to += pixelStep) values[to] = table[data[from]!]!;
    }
  }
  const size = layout === 'NCHW' ? [count, height, width] : [height, width, count];
  const rank = slot.shape?.length ?? 4;
  const shape = rank === 4 ? [1, ...size] : rank === 2 ? [height, width] : size;
  return { dataType: slot.dataType, shape, data: elementsOf(values, slot.dataType) };
}

/** ITU-R 601-2 luma in 16-bit fixed point, as Pillow converts to "L". */
const luma = (data: Uint8Array, at: number): number =>
  (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;

function shapeImage(image: Image, { resize, crop, multipleOf, filter }: ImageDescription): Image {
  let out = image;
  if (resize !== undefined) {
    const [height, width] = resizedSize(image, resize);
    out = resizeImage(out, width, height, filter);
  }
  if (crop !== undefined)
    out = centreCrop(out, ...((typeof crop === 'number' ? [crop, crop] : crop) as [number, number]));
  if (multipleOf === undefined) return out;
  const up = (size: number) => Math.ceil(size / multipleOf) * multipleOf;
  return resizeImage(out, up(out.width), up(out.height), filter);
}

/** [height, width] after the resize step; the longer side is truncated to a whole pixel, as torchvision does. */
function resizedSize({ width, height }: Image, resize: NonNullable<ImageDescription['resize']>): [number, number] {
  const scaled = (side: number, to: number, from: number) => Math.max(1, Math.trunc((to * side) / from));
  const byHeight = (to: number): [number, number] => [to, scaled(width, to, height)];
  const byWidth = (to: number): [number, number] => [scaled(height, to, width), to];
  if (typeof resize === 'number') return height <= width ? byHeight(resize) : byWidth(resize);
  if (Array.isArray(resize)) return [resize[0] as number, resize[1] as number];
  const sides = resize as { longest?: number; height?: number; width?: number };
  if (sides.longest !== undefined) {
    // Only ever smaller: blowing an image up to the bound would cost time and add nothing.
    const longest = Math.min(sides.longest, Math.max(width, height));
    return height >= width ? byHeight(longest) : byWidth(longest);
  }
  if (sides.height !== undefined && sides.width !== undefined) return [sides.height, sides.width];
  if (sides.height !== undefined) return byHeight(sides.height);
  return sides.width !== undefined ? byWidth(sides.width) : [height, width];
}

/** The centre; offsets are rounded half to even, padding is black and larger at the far side when odd (torchvision). */
export function centreCrop(image: Image, height: number, width: number): Image {
  const offset = (size: number, to: number) =>
    size >= to ? roundHalfEven((size - to) / 2) : -Math.floor((to - size) / 2);
  const [top, left] = [offset(image.height, height), offset(image.width, width)];
  const data = new Uint8Array(width * height * 3);
  const [from, to] = [Math.max(0, left), Math.min(image.width, left + width)];
  for (let y = 0; y < height; y++) {
    const row = y + top;
    if (row < 0 || row >= image.height) continue;
    const line = image.data.subarray((row * image.width + from) * 3, (row * image.width + to) * 3);
    data.set(line, (y * width + from - left) * 3);
  }
  return { width, height, data };
}
