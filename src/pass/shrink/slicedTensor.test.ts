import assert from 'node:assert/strict';
import { Tensor } from '../../graph/tensor';
import { type DataType } from '../../graph/dataType';
import { sliceTensor } from './slicedTensor';

/** Bytes 0, 1, 2 … behind a source that counts how often it is asked. */
function counted(
  dataType: DataType,
  shape: readonly number[],
  width: number,
): { tensor: Tensor; bytes: Uint8Array; reads: () => number } {
  const length = shape.reduce((product, dim) => product * dim, width);
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);
  let reads = 0;
  const read = (offset: number, count: number): Uint8Array => {
    reads++;
    return bytes.slice(offset, offset + count);
  };
  const data = { kind: 'span', source: { name: 'memory', read }, offset: 0, length } as const;
  return { tensor: new Tensor({ name: 't', dataType, shape, data }), bytes, reads: () => reads };
}

/** The slice element by element. */
function expected(
  bytes: Uint8Array,
  shape: readonly number[],
  width: number,
  kept: readonly (readonly number[] | undefined)[],
): Uint8Array {
  let offsets = [0];
  shape.forEach((size, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, dim) => product * dim, width);
    const indices = kept[axis] ?? Array.from({ length: size }, (_, at) => at);
    offsets = offsets.flatMap((offset) => indices.map((index) => offset + index * stride));
  });
  return Uint8Array.from(offsets.flatMap((offset) => [...bytes.subarray(offset, offset + width)]));
}

describe('pass/shrink/slicedTensor', () => {
  const cases: readonly (readonly [name: string, type: DataType, width: number, shape: number[], kept: (number[] | undefined)[]])[] = [
    ['rows', 'float', 4, [5, 3, 2], [[0, 3, 4]]],
    ['columns', 'float', 4, [3, 5], [undefined, [1, 4]]],
    ['rows and columns', 'float', 4, [4, 5, 3, 3], [[1, 3], [0, 2, 3]]],
    ['first and last axis', 'float16', 2, [4, 3, 5], [[0, 2], undefined, [1, 2, 4]]],
    ['bytes', 'int8', 1, [4, 6], [[3], [0, 5]]],
    ['doubles', 'double', 8, [2, 6], [undefined, [0, 5]]],
    ['a vector', 'float', 4, [7], [[2, 6]]],
  ]; // prettier-ignore

  for (const [name, type, width, shape, kept] of cases) {
    it(`cuts ${name}`, () => {
      const { tensor, bytes } = counted(type, shape, width);
      const cut = sliceTensor(tensor, shape.map((_, axis) => kept[axis] && Int32Array.from(kept[axis])));
      assert.deepEqual(cut.shape, shape.map((size, axis) => kept[axis]?.length ?? size));
      assert.deepEqual(cut.bytes(), expected(bytes, shape, width, kept));
    }); // prettier-ignore
  }

  it('leaves a large tensor where it is, and reads it in few and any pieces', () => {
    const shape = [256, 128, 3, 3];
    const { tensor, bytes, reads } = counted('float', shape, 4);
    const kept = [Array.from({ length: 200 }, (_, at) => at + 20), Array.from({ length: 64 }, (_, at) => 2 * at)];
    const cut = sliceTensor(tensor, [Int32Array.from(kept[0]!), Int32Array.from(kept[1]!), undefined, undefined]);
    assert.equal(reads(), 0);
    assert.equal(cut.data.kind, 'span');
    const whole = expected(bytes, shape, 4, kept);
    assert.deepEqual(Buffer.compare(cut.bytes(), whole), 0);
    assert.ok(reads() <= 3, `${reads()} reads`);
    if (cut.data.kind !== 'span') return;
    for (const [offset, length] of [[1, 10], [2303, 5000], [whole.length - 7, 7]] as const) {
      assert.deepEqual(cut.data.source.read(offset, length), whole.slice(offset, offset + length));
    } // prettier-ignore
  });
});
