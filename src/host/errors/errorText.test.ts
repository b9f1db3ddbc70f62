import assert from 'node:assert/strict';
import { LapidaryError } from '../../protocol/errors';
import { inEnglish } from '../text/say';
import { errorText } from './errorText';

describe('host/errors/errorText', () => {
  it('says what, where and what to do', () => {
    const error = new LapidaryError('runtime-failed', 'ONNX Runtime has no kernel for Foo.', {
      model: '/models/a.onnx',
      pass: 'convert-float16',
      node: 'foo_3',
      hint: 'Exclude the node.',
    });
    assert.equal(
      errorText(error, inEnglish),
      'ONNX Runtime has no kernel for Foo (a.onnx, pass convert-float16, node foo_3). Exclude the node.',
    );
  });

  it('does not repeat a place that the message names', () => {
    const error = new LapidaryError('not-onnx', 'a.onnx is empty', { model: '/models/a.onnx' });
    assert.equal(
      errorText(error, inEnglish),
      'a.onnx is empty. Check that it is an ONNX model and arrived whole: Git LFS leaves a small text until it is pulled.',
    );
  });

  it('leaves no link that a notification would follow', () => {
    const error = new LapidaryError('unsupported', 'Node [x](command:evil) is cyclic');
    assert.equal(errorText(error, inEnglish), 'Node [x] (command:evil) is cyclic.');
  });
});
