import assert from 'node:assert/strict';
import { Tensor, type ByteSource } from '../graph/tensor';
import { bytesOf } from '../numerics/elements';
import { float16FromFloat32, float32FromFloat16 } from '../numerics/half';
import { quantizeTensor, sqnrDb } from '../numerics/quantize';
import { Random } from '../numerics/random';
import { LapidaryError } from '../protocol/errors';
import { FloatReader, pieceElements } from './floatPieces';
import { quantizeLazily } from './quantizedTensor';

/** Bytes on a pretended disk, which counts what is read and how. */
class Disk implements ByteSource {
  readonly name = 'disk';
  largest = 0;
  held = 0;

  constructor(private readonly bytes: Uint8Array) {}

  read(offset: number, length: number): Uint8Array {
    this.largest = Math.max(this.largest, length);
    return this.bytes.slice(offset, offset + length);
  }

  readInto(target: Uint8Array, offset: number): void {
    target.set(this.read(offset, target.length));
  }

  hold(): () => void {
    this.held++;
    return () => void this.held--;
  }
}

const onDisk = (disk: Disk, shape: readonly number[], length: number, offset = 0): Tensor =>
  new Tensor({ name: 'w', dataType: 'float', shape, data: { kind: 'span', source: disk, offset, length } });

describe('pass/quantizedTensor', () => {
  it('makes the bytes when they are read, in pieces that do not grow with the weight', () => {
    const rows = 5;
    const columns = pieceElements / 2 + 3;
    const values = new Random(2).normals(rows * columns);
    const disk = new Disk(Buffer.concat([new Uint8Array(7), bytesOf(values)]));
    const source = onDisk(disk, [rows, columns], values.byteLength, 7);
    const { tensor, noise } = quantizeLazily(source, 'w_quantized', { type: 'int8', axis: 0, symmetric: true });
    assert.equal(tensor.data.kind, 'span');
    assert.equal(tensor.byteLength, rows * columns);
    const { quantized, quantizer } = quantizeTensor(values, [rows, columns], {
      type: 'int8',
      axis: 0,
      symmetric: true,
    });
    assert.equal(Buffer.compare(tensor.bytes(), bytesOf(quantized)), 0);
    assert.ok(Math.abs(sqnrDb(noise) - sqnrDb(quantizer.noise(values))) < 1e-6);
    assert.equal(disk.largest, pieceElements * 4);
    assert.ok(tensor.data.kind === 'span');
    // Any range, as a writer asks for it.
    const { data } = tensor;
    assert.deepEqual(data.source.read(columns - 5, 11), bytesOf(quantized.slice(columns - 5, columns + 6)));
    const release = data.source.hold?.();
    assert.equal(disk.held, 1);
    release?.();
    assert.equal(disk.held, 0);
  });

  it('quantizes small weights at once, asymmetric and per tensor as well', () => {
    const values = new Random(3).uniforms(600, 0, 1);
    const source = onDisk(new Disk(bytesOf(values)), [20, 30], 2400);
    const { tensor, quantizer, noise } = quantizeLazily(source, 'q', { type: 'uint8', symmetric: false });
    assert.equal(tensor.data.kind, 'bytes');
    assert.equal(tensor.dataType, 'uint8');
    assert.deepEqual([...quantizer.zeroPoints], [0]);
    assert.ok(sqnrDb(noise) > 50);
    const reduced = quantizeLazily(source, 'q', { type: 'int8', axis: 1, symmetric: true, reduced: true });
    assert.ok(new Int8Array(reduced.tensor.bytes()).every((q) => q >= -64 && q <= 64));
  });

  it('takes codes of what weights were rounded to, scales of the weights, and says what the weights lose', () => {
    const values = Float32Array.of(127, 10.4, -3.6, 0.2, 1, 2, 3, -12.7);
    const rounded = Float32Array.of(126, 11, -4, 0, 1, 2, 3, -12.7);
    const tensorOf = (numbers: Float32Array): Tensor => Tensor.ofBytes('w', 'float', [2, 4], bytesOf(numbers));
    const options = { type: 'int8', axis: 0, symmetric: true, rounded: tensorOf(rounded) } as const;
    const { tensor, quantizer, noise } = quantizeLazily(tensorOf(values), 'q', options);
    assert.deepEqual([...new Int8Array(tensor.bytes())], [126, 11, -4, 0, 10, 20, 30, -127]);
    assert.deepEqual([...quantizer.scales], [1, Math.fround(0.1)]);
    assert.ok(Math.abs(noise.noise - (1 + 0.6 ** 2 + 0.4 ** 2 + 0.2 ** 2)) < 1e-4);
  });

  it('shows what 8 bits cannot hold', () => {
    for (const bad of [NaN, Infinity]) {
      const source = onDisk(new Disk(bytesOf(Float32Array.of(1, bad, 2))), [3], 12);
      const { noise } = quantizeLazily(source, 'q', { type: 'int8', symmetric: true });
      assert.ok(!Number.isFinite(noise.signal + noise.noise));
    }
  });

  it('reads half floats, and passes on what the disk says', () => {
    const values = new Random(4).normals(100);
    const half = float16FromFloat32(values);
    const tensor = Tensor.ofBytes('h', 'float16', [10, 10], bytesOf(half));
    assert.deepEqual(new FloatReader(tensor).read(10, 20), float32FromFloat16(half.subarray(10, 30)));
    const broken: ByteSource = {
      name: 'gone',
      read: () => {
        throw new LapidaryError('io', 'The disk is gone.');
      },
    };
    const lost = new Tensor({
      dataType: 'float',
      shape: [4],
      data: { kind: 'span', source: broken, offset: 0, length: 16 },
    });
    assert.throws(() => quantizeLazily(lost, 'q', { type: 'int8', symmetric: true }), /The disk is gone/);
  });
});
