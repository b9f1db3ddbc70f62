import assert from 'node:assert/strict';
import { type ByteSource, Tensor } from '../../graph/tensor';
import { float16FromFloat32 } from '../../numerics/half';
import { Random } from '../../numerics/random';
import { toHalf } from './constants';

describe('passes/convert-float16, constants', () => {
  it('converts a large tensor on disk when it is read, from any byte on', () => {
    const count = (1 << 20) + 12345;
    const values = new Random(2).normals(count);
    const bytes = new Uint8Array(values.buffer);
    let reads = 0;
    const disk: ByteSource = {
      name: 'weights.bin',
      read: (offset, length) => {
        reads++;
        return bytes.slice(offset, offset + length);
      },
    };
    const data = { kind: 'span', source: disk, offset: 0, length: bytes.length } as const;
    const { tensor, noise, clamped } = toHalf(new Tensor({ name: 'w', dataType: 'float', shape: [count], data }));
    assert.equal(tensor.data.kind, 'span');
    assert.equal(tensor.byteLength, 2 * count);
    assert.equal(clamped, 0);
    assert.ok(10 * Math.log10(noise.signal / noise.noise) > 70);
    const before = reads;
    const expected = new Uint8Array(float16FromFloat32(values).buffer);
    assert.equal(Buffer.compare(tensor.bytes(), expected), 0);
    assert.ok(reads > before, 'nothing is kept');
    assert.ok(tensor.data.kind === 'span');
    const odd = tensor.data.source.read(2 * (1 << 20) - 3, 8);
    assert.deepEqual([...odd], [...expected.subarray(2 * (1 << 20) - 3, 2 * (1 << 20) + 5)]);
  });

  it('keeps small ones, and what is in memory, as bytes', () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const { tensor } = toHalf(Tensor.ofBytes('w', 'float', [3], bytes), 'other');
    assert.equal(tensor.data.kind, 'bytes');
    assert.equal(tensor.name, 'other');
    assert.deepEqual([...new Uint16Array(tensor.bytes().buffer)], [0x3c00, 0x4000, 0x4200]);
  });
});
