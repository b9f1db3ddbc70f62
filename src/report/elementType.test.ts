import assert from 'node:assert/strict';
import { elementTypeText } from './elementType';

describe('report/elementType', () => {
  it('says how wide a type is, within other words too, and leaves the rest alone', () => {
    const texts = ['float', 'double', 'seq(float)', 'float16', 'bfloat16', 'float8e4m3fn', 'int4', '', 'float64'];
    assert.deepEqual(texts.map(elementTypeText), [
      'float32',
      'float64',
      'seq(float32)',
      'float16',
      'bfloat16',
      'float8e4m3fn',
      'int4',
      '',
      'float64',
    ]);
  });
});
