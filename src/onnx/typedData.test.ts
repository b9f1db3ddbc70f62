import { create } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { bitsOf, byteLengthOf, dataTypeOfCode } from '../graph/dataType';
import { TensorProtoSchema } from './schema/onnx_pb';
import { rawFromTypedData, rawLength } from './typedData';

type Init = Parameters<typeof create<typeof TensorProtoSchema>>[1];

/** Raw data in hexadecimal. */
function hex(init: Init): string | undefined {
  const bytes = rawFromTypedData(create(TensorProtoSchema, init));
  return bytes && Buffer.from(bytes).toString('hex');
}

describe('typed data as raw data', () => {
  it('is little-endian, in the width of the type', () => {
    assert.equal(hex({ dataType: 1, floatData: [1, -2] }), '0000803f000000c0');
    assert.equal(hex({ dataType: 11, doubleData: [1] }), '000000000000f03f');
    assert.equal(hex({ dataType: 6, int32Data: [1, -1] }), '01000000ffffffff');
    assert.equal(hex({ dataType: 5, int32Data: [-2, 256] }), 'feff0001');
    assert.equal(hex({ dataType: 3, int32Data: [-1, 127] }), 'ff7f');
    assert.equal(hex({ dataType: 9, int32Data: [1, 0] }), '0100');
    assert.equal(hex({ dataType: 7, int64Data: [-1n] }), 'ffffffffffffffff');
    assert.equal(hex({ dataType: 13, uint64Data: [2n ** 64n - 2n] }), 'feffffffffffffff');
    assert.equal(hex({ dataType: 12, uint64Data: [2n ** 32n - 1n] }), 'ffffffff');
  });

  it('keeps the bit patterns of half floats', () => {
    assert.equal(hex({ dataType: 10, int32Data: [0x3c00, 0xfc00] }), '003c00fc');
    assert.equal(hex({ dataType: 16, int32Data: [0x3f80] }), '803f');
    assert.equal(hex({ dataType: 17, int32Data: [0x38, 0xff] }), '38ff');
  });

  it('takes complex numbers as pairs', () => {
    assert.equal(hex({ dataType: 14, floatData: [1, -2] }), '0000803f000000c0');
    assert.equal(hex({ dataType: 15, doubleData: [1, 0] })?.length, 32);
  });

  it('keeps types of 2 and 4 bits packed, and packs those of 6', () => {
    assert.equal(hex({ dataType: 22, dims: [3n], int32Data: [0x21, 0x03] }), '2103');
    assert.equal(hex({ dataType: 26, dims: [4n], int32Data: [0xe4] }), 'e4');
    // Elements 8, 0, 8, 8, 0 as Python's onnx packs them.
    assert.equal(hex({ dataType: 27, dims: [5n], int32Data: [8, 0, 8, 8, 0] }), '08802000');
    assert.equal(hex({ dataType: 28, dims: [4n], int32Data: [63, 0, 63, 0] }), '3ff003');
  });

  it('knows nothing of strings and types of the future', () => {
    assert.equal(hex({ dataType: 8, int32Data: [1] }), undefined);
    assert.equal(hex({ dataType: 99, int32Data: [1] }), undefined);
    assert.equal(rawLength(8, 3), undefined);
  });

  it('agrees with the element types of the IR on every width', () => {
    for (let code = 1; code < 40; code++) {
      const type = dataTypeOfCode(code);
      if (type === undefined || bitsOf(type) === 0) assert.equal(rawLength(code, 7), undefined, `code ${code}`);
      else assert.equal(rawLength(code, 7), byteLengthOf(type, 7), type);
    }
  });
});
