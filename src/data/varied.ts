/** More images made of those at hand: moved by a few pixels and mirrored, for fits that have too few. */
import { Random } from '../numerics/random';
import { type RuntimeTensor } from '../runtime/port';
import { type DataSource, type Sample } from './source';

/** What becomes of each image besides itself. */
export interface Variation {
  readonly copies: number;
  /** Every other copy, from the first on, has left and right exchanged. */
  readonly mirror: boolean;
}

/** Most that an image moves, as a share of its side; at least a pixel. */
const mostMoved = 0.04;
/** What is smaller is no image, whatever its shape. */
const leastSide = 8;

/** Contiguous blocks of an image tensor: `outer` planes of rows of columns of `inner` numbers. */
interface Layout {
  readonly outer: number;
  readonly height: number;
  readonly width: number;
  readonly inner: number;
}

/** Whether there is something to vary: float or uint8 images, channels first or last. */
export const hasImages = ({ feeds }: Sample): boolean => Object.values(feeds).some((tensor) => layoutOf(tensor));

/**
 * The samples, then as many again for each copy, in the same order: sample i of the source is at i, i + size, …. Copies
 * are the same each time. Inputs that are no images stay as they are.
 */
export function varied(source: DataSource, { copies, mirror }: Variation): DataSource {
  const size = source.size * (1 + copies);
  return {
    ...source,
    size,
    async *samples(start = 0, count = size) {
      const end = Math.min(size, start + count);
      for (let at = start; at < end;) {
        const [copy, first] = [Math.floor(at / source.size), at % source.size];
        const before = at;
        for await (const sample of source.samples(first, Math.min(end - at, source.size - first))) {
          const isMirrored = mirror && copy % 2 === 1;
          yield copy === 0 ? sample : variant(sample, new Random(at), isMirrored);
          at++;
        }
        if (at === before) return;
      }
    },
  };
}

function variant(sample: Sample, random: Random, mirror: boolean): Sample {
  const feeds: Record<string, RuntimeTensor> = {};
  for (const [name, tensor] of Object.entries(sample.feeds)) {
    const layout = layoutOf(tensor);
    const by = (side: number): number => {
      const most = Math.max(1, Math.round(mostMoved * side));
      return random.integer(2 * most + 1) - most;
    };
    feeds[name] = layout ? moved(tensor, layout, [by(layout.height), by(layout.width)], mirror) : tensor;
  }
  return { ...sample, feeds };
}

function layoutOf({ data, shape }: RuntimeTensor): Layout | undefined {
  if (shape.length !== 4 || !(data instanceof Float32Array || data instanceof Uint8Array)) return undefined;
  const [n, a, b, c] = shape as [number, number, number, number];
  const isColour = (channels: number): boolean => channels === 1 || channels === 3 || channels === 4;
  if (isColour(a) && Math.min(b, c) >= leastSide) return { outer: n * a, height: b, width: c, inner: 1 };
  if (isColour(c) && Math.min(a, b) >= leastSide) return { outer: n, height: a, width: b, inner: c };
  return undefined;
}

/** Pixels from beyond an edge are those of the edge. */
function moved(
  tensor: RuntimeTensor,
  { outer, height, width, inner }: Layout,
  [down, right]: readonly [number, number],
  mirror: boolean,
): RuntimeTensor {
  const from = tensor.data as Float32Array;
  const data = from.slice();
  const within = (at: number, side: number): number => Math.min(side - 1, Math.max(0, at));
  let to = 0;
  for (let plane = 0; plane < outer; plane++) {
    for (let y = 0; y < height; y++) {
      const row = (plane * height + within(y - down, height)) * width;
      for (let x = 0; x < width; x++) {
        const pixel = (row + within((mirror ? width - 1 - x : x) - right, width)) * inner;
        for (let i = 0; i < inner; i++) data[to++] = from[pixel + i]!;
      }
    }
  }
  return { ...tensor, data };
}
