import assert from 'node:assert/strict';
import { candidates, inOrder } from './modelPair';

describe('host/compare/modelPair', () => {
  const itself = (file: string): string => file;

  it('puts the source before what was made from it', () => {
    assert.deepEqual(inOrder('/a/m.int8.onnx', '/a/m.onnx', itself), ['/a/m.onnx', '/a/m.int8.onnx']);
    assert.deepEqual(inOrder('/a/m.onnx', '/a/m.int8.onnx', itself), ['/a/m.onnx', '/a/m.int8.onnx']);
    assert.deepEqual(inOrder('/a/m2.onnx', '/a/m.onnx', itself), ['/a/m2.onnx', '/a/m.onnx']);
  });

  it('offers kin first, then neighbours, never the model itself', () => {
    const all = ['/b/x.onnx', '/a/other.onnx', '/b/m.int8.onnx', '/a/m.onnx', '/a/m.int8.onnx'];
    assert.deepEqual(candidates('/a/m.onnx', all, itself), [
      '/a/m.int8.onnx',
      '/b/m.int8.onnx',
      '/a/other.onnx',
      '/b/x.onnx',
    ]);
  });
});
