import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { encode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { npyBytes, npyFloats } from '../../test/support/npy';
import { type DataSpec } from '../protocol/jobs';
import { type PortInfo } from '../runtime/port';
import { openData, type OpenDataOptions } from './openData';
import { type Sample } from './source';

const fresh = (): string => mkdtempSync(path.join(tmpdir(), 'lapidary-'));

function write(folder: string, name: string, bytes: Uint8Array | string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

function png(color: readonly [number, number, number], size = 4): Buffer {
  const image = new PNG({ width: size, height: size });
  for (let at = 0; at < image.data.length; at += 4) image.data.set([...color, 255], at);
  return PNG.sync.write(image);
}

const images: PortInfo[] = [{ name: 'x', dataType: 'float', shape: ['N', 3, 4, 4] }];
const vectors: PortInfo[] = [{ name: 'x', dataType: 'float', shape: ['N', 2] }];
const two: PortInfo[] = [...vectors, { name: 'ids', dataType: 'int64', shape: [1, 'T'] }];

async function all(spec: DataSpec, inputs: readonly PortInfo[], options?: OpenDataOptions): Promise<Sample[]> {
  const source = await openData(spec, inputs, options);
  const samples: Sample[] = [];
  for await (const sample of source.samples()) samples.push(sample);
  return samples;
}

const values = (sample: Sample | undefined, input = 'x') =>
  Array.from(sample!.feeds[input]!.data as ArrayLike<unknown>);

describe('openData', () => {
  describe('folders of images', () => {
    const folder = fresh();
    write(folder, 'cat/b.png', png([255, 0, 0]));
    write(folder, 'cat/a.jpg', encode({ width: 8, height: 8, data: Buffer.alloc(256, 255) }, 100).data);
    write(folder, 'ant/z.png', png([0, 0, 255]));
    write(folder, 'notes.txt', 'not a sample');

    it('are read in alphabetical order by path, labelled by folders, described as assumed', async () => {
      const source = await openData({ source: folder }, images);
      assert.equal(source.size, 3);
      assert.equal(source.labelled, true);
      assert.equal(source.classes, 2);
      assert.match(
        source.description,
        /^3 images from .*no preprocessing described: resized to 4x4, RGB NCHW, 0 to 1.*2 folders/,
      );
      const samples = await all({ source: folder }, images);
      assert.deepEqual(
        samples.map(({ name, label }) => [name, label]),
        [
          ['ant/z.png', 0],
          ['cat/a.jpg', 1],
          ['cat/b.png', 1],
        ],
      );
      assert.deepEqual(samples[0]!.feeds.x!.shape, [1, 3, 4, 4]);
      assert.deepEqual(values(samples[0]).slice(31, 34), [0, 1, 1]);
      assert.ok(
        values(samples[1]).every((value) => value === 1),
        'a white JPEG stays white',
      );
    });

    it('do not go to an input of features', async () => {
      await assert.rejects(all({ source: folder }, vectors), { code: 'data', message: /do not fit.*float32\[\?,2\]/ });
    });

    it('are described by a *.data.json beside them, and cut by skip and samples', async () => {
      const image = { resize: 4, mean: 0.5, std: 0.5, channels: 'BGR' };
      const file = write(
        folder,
        'set.data.json',
        JSON.stringify({ name: 'pets', samples: '.', labels: 'none', image }),
      );
      const source = await openData({ source: file, skip: 1, samples: 1 }, images);
      assert.equal(source.description, '1 of 3 samples of pets, from number 2 on');
      const [last] = await all({ source: file, skip: 2 }, images);
      assert.equal(last!.name, 'cat/b.png');
      assert.deepEqual(values(last).slice(15, 17), [-1, -1]);
      assert.equal(values(last)[32], 1, 'red is the last channel of BGR');
    });

    it('name a bad sample and stop, or go on when asked', async () => {
      const bad = fresh();
      write(bad, '1.png', png([1, 2, 3]));
      write(bad, '2.png', png([1, 2, 3]).subarray(0, 40));
      write(bad, '3.jpg', 'hello');
      await assert.rejects(all({ source: bad }, images), { code: 'data', message: /2\.png/ });
      const log: string[] = [];
      const samples = await all({ source: bad }, images, { onBadSample: 'skip', log: (line) => log.push(line) });
      assert.equal(samples.length, 1);
      assert.match(log.join('\n'), /2\.png[^]*3\.jpg is neither a JPEG nor a PNG/);
    });

    it('fill a fixed batch', async () => {
      const [first] = await all({ source: folder }, [{ name: 'x', dataType: 'uint8', shape: [2, 4, 4, 3] }]);
      assert.deepEqual(first!.feeds.x!.shape, [2, 4, 4, 3]);
      assert.deepEqual(values(first).slice(45, 51), [0, 0, 255, 0, 0, 255]);
    });
  });

  describe('arrays', () => {
    const folder = fresh();
    it('have a sample per row, with or without the batch axis', async () => {
      const file = write(folder, 'rows.npy', npyFloats([3, 2], [1, 2, 3, 4, 5, 6]));
      const samples = await all({ source: file }, vectors);
      assert.deepEqual(
        samples.map((sample) => values(sample)),
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      );
      assert.deepEqual(samples[1]!.feeds.x!.shape, [1, 2]);
      assert.equal(samples[1]!.name, 'rows.npy[1]');
      const stacked = write(folder, 'stacked.npy', npyFloats([3, 1, 2], [1, 2, 3, 4, 5, 6]));
      assert.deepEqual(values((await all({ source: stacked }, vectors))[2]), [5, 6]);
      const flat = await all({ source: file }, [{ name: 'x', dataType: 'float', shape: [1, 1, 2, 1] }]);
      assert.deepEqual(flat[0]!.feeds.x!.shape, [1, 1, 2, 1]);
    });

    it('are converted to the type of the input', async () => {
      const file = write(folder, 'bytes.npy', npyBytes('|u1', [1, 2], Uint8Array.of(3, 200)));
      assert.deepEqual(values((await all({ source: file }, vectors))[0]), [3, 200]);
      const half = await all({ source: file }, [{ name: 'x', dataType: 'float16', shape: [1, 2] }]);
      assert.deepEqual(values(half[0]), [0x4200, 0x5a40]);
      const long = await all({ source: file }, [{ name: 'x', dataType: 'int64', shape: [1, 2] }]);
      assert.deepEqual(values(long[0]), [3n, 200n]);
    });

    it('in archives go to the inputs they are named after, and "labels" is no input', async () => {
      const ids = npyBytes('<i8', [2, 3], new Uint8Array(BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n).buffer));
      const entries = {
        'x.npy': npyFloats([2, 2], [1, 2, 3, 4]),
        'ids.npy': ids,
        'labels.npy': npyBytes('|u1', [2], Uint8Array.of(7, 9)),
      };
      const file = write(folder, 'both.npz', zipSync(entries));
      const samples = await all({ source: file }, two);
      assert.deepEqual(
        samples.map(({ label }) => label),
        [7, 9],
      );
      assert.deepEqual(values(samples[1], 'ids'), [4n, 5n, 6n]);
      await assert.rejects(all({ source: file }, [{ name: 'q', dataType: 'float' }]), {
        message: /not the name of an input/,
      });
    });

    it('in several files go to the inputs they are named after; a constant goes with all', async () => {
      const x = write(folder, 'x.npy', npyFloats([2, 2], [1, 2, 3, 4]));
      const ids = write(folder, 'ids.npy', npyBytes('<i8', [3], new Uint8Array(BigInt64Array.of(1n, 2n, 3n).buffer)));
      const samples = await all({ source: [x, ids] }, two);
      assert.equal(samples.length, 2);
      assert.deepEqual(values(samples[1], 'ids'), [1n, 2n, 3n]);
      const inputs = { x: { samples: x }, ids: { fill: 4 } };
      const described = write(folder, 'two.data.json', JSON.stringify({ inputs }));
      const filled = await all({ source: described }, two, { dims: { T: 2 } });
      assert.deepEqual(values(filled[0], 'ids'), [4n, 4n]);
      await assert.rejects(all({ source: x }, two), {
        code: 'data',
        message: /no data for the input "ids"|There is no data/,
      });
    });

    it('that do not fit say both shapes', async () => {
      const file = write(folder, 'odd.npy', npyFloats([2, 3], [1, 2, 3, 4, 5, 6]));
      await assert.rejects(all({ source: file }, vectors), (error: Error & { place?: { hint?: string } }) => {
        assert.match(error.message, /odd\.npy\[0\] has the shape \[1,3\]/);
        assert.match(error.place!.hint!, /float32\[\?,2\]/);
        return true;
      });
    });
  });

  describe('tables', () => {
    const folder = fresh();
    it('have a sample per row; words in the last column are classes', async () => {
      const file = write(folder, 'iris.csv', '5.1,3.5,setosa\n4.9,3,virginica\n"4.7",3.2,setosa\n');
      const samples = await all({ source: file }, vectors);
      assert.deepEqual(
        samples.map(({ label }) => label),
        [0, 1, 0],
      );
      assert.deepEqual(values(samples[2]), [Math.fround(4.7), Math.fround(3.2)]);
    });

    it('have columns named after inputs', async () => {
      const file = write(folder, 'named.csv', 'ids,x.0,x.1,label\n3,1,2,5\n4,3,4,6\n');
      const samples = await all({ source: file }, two);
      assert.deepEqual([values(samples[1]), values(samples[1], 'ids'), samples[1]!.label], [[3, 4], [4n], 6]);
    });

    it('name a cell that is no number', async () => {
      const file = write(folder, 'bad.csv', 'a,b\n1,2\n1,oops\n3,4\n');
      await assert.rejects(all({ source: file }, vectors), { code: 'data', message: /\w\.csv row 3 has "oops"/ });
    });

    it('in JSON are lists, or objects by input', async () => {
      const list = write(folder, 'list.json', '[[1, 2], [3, 4]]');
      assert.deepEqual(values((await all({ source: list }, vectors))[1]), [3, 4]);
      const object = write(folder, 'object.json', '[{ "x": [1, 2], "ids": [[7, 8]], "label": 3 }]');
      const [sample] = await all({ source: object }, two);
      assert.deepEqual([values(sample, 'ids'), sample!.label], [[7n, 8n], 3]);
      const ragged = write(folder, 'ragged.json', '[[[1, 2], [3]]]');
      await assert.rejects(all({ source: ragged }, vectors), { message: /not of equal length/ });
    });
  });

  it('makes seeded random samples, marked as such', async () => {
    const source = await openData({ source: 'random', samples: 3 }, images, { dims: { N: 2 } });
    assert.equal(source.random, true);
    assert.equal(source.description, '3 random samples');
    assert.match(
      (await openData({ source: 'random' }, images)).description,
      /^8 random samples, dynamic dimensions at 1$/,
    );
    const wide: PortInfo[] = [{ name: 'x', dataType: 'float', shape: ['N', 'T'] }];
    const { description } = await openData({ source: 'random' }, wide, { dims: { T: 2 } });
    assert.equal(description, '8 random samples, other dynamic dimensions at 1');
    const [a, b] = [await all({ source: 'random' }, images), await all({ source: 'random' }, images)];
    assert.equal(a.length, 8);
    assert.deepEqual(values(a[1]), values(b[1]));
    assert.notDeepEqual(values(a[0]), values(a[1]));
  });

  it('says what is wrong with a source', async () => {
    const empty = fresh();
    const mixed = fresh();
    write(mixed, '1.png', png([1, 2, 3]));
    write(mixed, '1.npy', npyFloats([1], [1]));
    await assert.rejects(openData({ source: path.join(empty, 'absent') }, images), {
      code: 'data',
      message: /There is no/,
    });
    await assert.rejects(openData({ source: empty }, images), { code: 'data', message: /no samples in/ });
    await assert.rejects(openData({ source: mixed }, images), { code: 'data', message: /mixes kinds/ });
    await assert.rejects(openData({ source: __filename }, images), {
      code: 'data',
      message: /not data of a known kind/,
    });
    await assert.rejects(openData({ source: mixed }, [{ name: 'seq' }]), {
      code: 'unsupported',
      message: /not a tensor/,
    });
  });

  it('reads one sample at a time', async () => {
    const folder = fresh();
    write(folder, '1.png', png([1, 2, 3]));
    write(folder, '2.png', 'broken');
    const source = await openData({ source: folder }, images);
    for await (const sample of source.samples(0, 1)) assert.equal(sample.name, '1.png');
  });
});
