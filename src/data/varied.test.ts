import assert from 'node:assert/strict';
import { inMemory, noise, whole } from '../../test/support/feeds';
import { floatsOf } from '../../test/support/runPass';
import { type DataSource, type Sample } from './source';
import { partOf } from './part';
import { hasImages, varied } from './varied';

const side = 10;

/** Images whose pixels say where they are: row · 100 + column, plus the channel's thousands. */
function places(count: number, channels: number, isLast = false): DataSource {
  const samples = Array.from({ length: count }, (_, name) => {
    const shape = isLast ? [1, side, side, channels] : [1, channels, side, side];
    const data = Float32Array.from({ length: channels * side * side }, (_, at) => {
      const [c, pixel] = isLast ? [at % channels, Math.floor(at / channels)] : [Math.floor(at / side ** 2), at % side ** 2];
      return 1000 * c + 100 * Math.floor(pixel / side) + (pixel % side);
    }); // prettier-ignore
    return { name: `${name}`, feeds: { x: { dataType: 'float' as const, shape, data }, n: whole(name) }, label: name };
  });
  return inMemory(samples);
}

async function all(source: DataSource, start?: number, count?: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of source.samples(start, count)) samples.push(sample);
  return samples;
}

const pixelsOf = ({ feeds }: Sample): number[] => [...floatsOf(feeds.x)];

describe('data/varied', () => {
  it('gives the samples first, then their copies in the same order', async () => {
    const source = places(3, 1);
    const samples = await all(varied(source, { copies: 2, mirror: false }));
    assert.deepEqual(samples.map(({ name }) => name).join(''), '012012012');
    assert.deepEqual(samples.slice(0, 3), await all(source));
    assert.deepEqual(samples.slice(3, 6).map(({ label }) => label), [0, 1, 2]);
    assert.equal(samples[4]!.feeds.n, samples[1]!.feeds.n);
  }); // prettier-ignore

  it('moves by a pixel or none at ten pixels, and repeats the edge', async () => {
    const samples = await all(varied(places(20, 1), { copies: 1, mirror: false }));
    const steps = samples.slice(20).map((sample) => {
      const middle = pixelsOf(sample)[5 * side + 5]!;
      const [down, right] = [5 - Math.floor(middle / 100), 5 - (middle % 100)];
      const expected = Array.from({ length: side * side }, (_, at) => {
        const clamp = (value: number): number => Math.min(side - 1, Math.max(0, value));
        return 100 * clamp(Math.floor(at / side) - down) + clamp((at % side) - right);
      });
      assert.deepEqual(pixelsOf(sample), expected);
      return `${down},${right}`;
    });
    assert.ok(
      steps.every((step) => /^(-1|0|1),(-1|0|1)$/.test(step)),
      steps.join(' '),
    );
    assert.ok(new Set(steps).size > 4, steps.join(' '));
  });

  it('mirrors every other copy, channels first or last alike', async () => {
    const variation = { copies: 2, mirror: true };
    const [first, last] = [await all(varied(places(2, 3), variation)), await all(varied(places(2, 3, true), variation))];
    first.forEach((sample, index) => {
      const [a, b] = [pixelsOf(sample), pixelsOf(last[index]!)];
      a.forEach((value, at) => {
        const [c, pixel] = [Math.floor(at / side ** 2), at % side ** 2];
        assert.equal(value, b[pixel * 3 + c]);
      });
      const isMirrored = a[5 * side + 2]! > a[5 * side + 7]!;
      assert.equal(isMirrored, index === 2 || index === 3, `sample ${index}`);
    });
  }); // prettier-ignore

  it('is the same each time and in parts', async () => {
    const source = varied(places(4, 1), { copies: 3, mirror: true });
    assert.equal(source.size, 16);
    const whole = await all(source);
    assert.deepEqual(await all(source), whole);
    assert.deepEqual(await all(source, 6, 7), whole.slice(6, 13));
    assert.deepEqual(await all(partOf(source, 3, 5)), whole.slice(3, 8));
  });

  it('leaves what is no image', async () => {
    const samples = [noise([1, 64]), noise([1, 3, 4, 4]), noise([1, 16, 16, 16])].map((x, index) => ({
      name: `${index}`,
      feeds: { x },
    }));
    assert.deepEqual(samples.map(hasImages), [false, false, false]);
    const copies = (await all(varied(inMemory(samples), { copies: 1, mirror: true }))).slice(3);
    assert.deepEqual(copies, samples);
    assert.ok(hasImages({ name: 'x', feeds: { x: noise([1, 1, 28, 28]) } }));
  });
});
