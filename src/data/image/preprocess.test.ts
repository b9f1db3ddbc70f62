import assert from 'node:assert/strict';
import { type InputSlot } from '../slot';
import { type Image } from './image';
import { centreCrop, imageTensor, planImages } from './preprocess';

const slot = (shape: (number | undefined)[], dataType: InputSlot['dataType'] = 'float'): InputSlot => ({
  name: 'x',
  dataType,
  shape,
});

/** 2x2: red, green / blue, white. */
const flag: Image = { width: 2, height: 2, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255) };
const grey = (width: number, height: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, at) => Math.floor(at / 3)),
});

describe('images to tensors', () => {
  it('puts channels first or last by the shape of the input', () => {
    const first = imageTensor(flag, planImages(slot([1, 3, 2, 2]), undefined));
    assert.deepEqual([...(first.data as Float32Array)], [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1]);
    const last = imageTensor(flag, planImages(slot([undefined, 2, 2, 3]), undefined));
    assert.deepEqual(last.shape, [1, 2, 2, 3]);
    assert.deepEqual([...(last.data as Float32Array)], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('scales, subtracts and divides in float32, in the order of the channels', () => {
    const description = { channels: 'BGR', scale: 1, mean: [104, 117, 123] } as const;
    const { data } = imageTensor(flag, planImages(slot([1, 3, 2, 2]), description));
    assert.deepEqual([...(data as Float32Array)].slice(0, 4), [-104, -104, 151, 151]);
    assert.equal((data as Float32Array)[8], 255 - 123);
    const norm = planImages(slot([1, 3, 2, 2]), { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    const f = Math.fround;
    assert.equal((imageTensor(flag, norm).data as Float32Array)[0], f(f(1 - f(0.485)) / f(0.229)));
  });

  it('gives integer inputs the pixels themselves, and one channel the luma', () => {
    const bytes = imageTensor(flag, planImages(slot([1, 2, 2, 3], 'uint8'), undefined));
    assert.deepEqual([...(bytes.data as Uint8Array)], [...flag.data]);
    const luma = imageTensor(flag, planImages(slot([1, 1, 2, 2]), { scale: 1 }));
    assert.deepEqual([...(luma.data as Float32Array)], [76, 150, 29, 255]);
  });

  it('resizes the short side and truncates the long one, then crops the centre, as torchvision', () => {
    const { shape } = imageTensor(grey(50, 33), planImages(slot([1, 3, undefined, undefined]), { resize: 20 }));
    assert.deepEqual(shape, [1, 3, 20, 30]);
    const cropped = imageTensor(grey(50, 33), planImages(slot([1, 3, 16, 16]), { resize: 20, crop: 16 }));
    assert.deepEqual(cropped.shape, [1, 3, 16, 16]);
  });

  it('rounds the offset of a crop half to even and pads what is too small with black', () => {
    const from = (image: Image, h: number, w: number) =>
      [...centreCrop(image, h, w).data].filter((_, at) => at % 3 === 0);
    assert.deepEqual(from(grey(5, 1), 1, 2), [2, 3]); // offset 1.5 → 2
    assert.deepEqual(from(grey(7, 1), 1, 2), [2, 3]); // offset 2.5 → 2
    assert.deepEqual(from({ ...grey(2, 1), data: Uint8Array.of(8, 8, 8, 9, 9, 9) }, 1, 5), [0, 8, 9, 0, 0]);
  });

  it('bounds sizes that the model leaves open', () => {
    const plan = planImages(slot([1, 3, undefined, undefined]), undefined);
    assert.deepEqual(imageTensor(grey(1000, 500), plan).shape, [1, 3, 320, 640]);
    assert.deepEqual(imageTensor(grey(40, 30), plan).shape, [1, 3, 32, 64]);
    const line = planImages(slot([1, 3, 48, undefined]), undefined);
    assert.deepEqual(imageTensor(grey(100, 24), line).shape, [1, 3, 48, 200]);
  });

  it('says why images do not fit', () => {
    assert.throws(() => planImages(slot([1, 12, 8, 8]), undefined), {
      code: 'data',
      message: /12 channels, RGB images have 3/,
    });
    assert.throws(() => planImages(slot([4]), undefined), { code: 'data', message: /takes float32\[4\]/ });
    assert.throws(() => planImages(slot([1, 3, 8, 8]), { mean: [1, 2] }), {
      message: /"mean" has 2 numbers for 3 channels/,
    });
  });
});
