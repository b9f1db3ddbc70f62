import assert from 'node:assert/strict';
import { smoothChroma } from './chroma';
import { decodeJpeg } from './jpeg';

/** Noise of 9 by 5 pixels in 4:2:0, and what Pillow 12 reads from it. */
const noise = {
  jpeg:
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PT' +
    'gyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAF' +
    'AAkDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAIG/8QAIxAAAgECBAcAAAAAAAAAAAAAAQIDAAQRFBUhBRITMVOT0//EABUBAQEAAA' +
    'AAAAAAAAAAAAAAAAMF/8QAHBEAAgICAwAAAAAAAAAAAAAAAQIAAxHBBBIh/9oADAMBAAIRAxEAPwCcjqtrn1uJkaN7likzddS4gVubBttxgMCC' +
    'AVBHcg57QODeG79sfzpSrnForChQPABuC91lLN0OMnQn/9k=',
  pixels:
    '09d4rLBmanFSvtjZQXuPKVt2V1NqYDhdQQhNh4YzUVERDA8ApbzEAB45AC5Nsa/HzqrQWydvioBCn5hsiYaBL0FXW5O2Cj5lhIemJgs0QBpjrZ' +
    'tzpZaBzcLSj53CEkh3SXyrV12BYU58tJzofGVXbVlbSDhd7vf/XY/MVonA2OT/XFKEbGGv',
};

/** Pixels with this first colour component; the second mirrors it, brightness is 7. */
function picture(rows: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(rows.flatMap((row) => row.flatMap((value) => [7, value, 255 - value])));
}

const channel = (data: Uint8Array, offset: number): number[] => Array.from(data.filter((_, at) => at % 3 === offset));

describe('data/image/chroma', () => {
  it('reads a photograph in 4:2:0 as libjpeg does, up to its inverse transform', async () => {
    const { width, height, data } = await decodeJpeg(Buffer.from(noise.jpeg, 'base64'));
    assert.deepEqual([width, height], [9, 5]);
    const expected = Buffer.from(noise.pixels, 'base64');
    const worst = Math.max(...data.map((value, at) => Math.abs(value - expected[at]!)));
    assert.ok(worst <= 3, `${worst} steps away`);
  });

  it('weighs three to one across, and rounds by turns', () => {
    const data = picture([[10, 10, 50, 50, 201, 201]]);
    smoothChroma(data, 6, 1, { across: 2, down: 1 });
    assert.deepEqual(channel(data, 1), [10, 20, 40, 88, 163, 201]);
    assert.deepEqual(channel(data, 0), [7, 7, 7, 7, 7, 7]);
  });

  it('weighs three to one down', () => {
    const data = picture([[10], [10], [51], [51]]);
    smoothChroma(data, 1, 4, { across: 1, down: 2 });
    assert.deepEqual(channel(data, 1), [10, 20, 41, 51]);
  });

  it('does both at once, with an odd number of pixels', () => {
    const row = [0, 0, 160, 160, 32];
    const data = picture([row, row, row.map(() => 80)]);
    smoothChroma(data, 5, 3, { across: 2, down: 2 });
    assert.deepEqual(channel(data, 1).slice(0, 5), [0, 40, 120, 128, 64]);
    // 3/4 of the row and 1/4 of the next, which is 80: columns of 20, 140, 44.
    assert.deepEqual(channel(data, 1).slice(5, 10), [20, 50, 110, 116, 68]);
  });

  it('repeats what libjpeg repeats: pictures of two samples, other ratios', () => {
    for (const ratio of [
      { across: 2, down: 2 },
      { across: 4, down: 1 },
      { across: 1, down: 1 },
    ]) {
      const data = picture([[9, 9, 90, 90]]);
      smoothChroma(data, 4, 1, ratio);
      assert.deepEqual(channel(data, 1), [9, 9, 90, 90]);
    }
  });
});
