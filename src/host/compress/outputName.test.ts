import assert from 'node:assert/strict';
import { numberedName, outputName } from './outputName';

describe('host/compress/outputName', () => {
  it('puts the suffix before the extension', () => {
    assert.equal(outputName('model.onnx', 'int8'), 'model.int8.onnx');
    assert.equal(outputName('MODEL.ONNX', 'int8'), 'MODEL.int8.onnx');
    assert.equal(outputName('model.int8.onnx', 'fp16'), 'model.int8.fp16.onnx');
    assert.equal(outputName('model', 'w8'), 'model.w8.onnx');
  });

  it('finds the first free number', () => {
    const taken = new Set(['model.int8.2.onnx', 'model.int8.3.onnx']);
    assert.equal(
      numberedName('model.int8.onnx', (name) => taken.has(name)),
      'model.int8.4.onnx',
    );
  });
});
