import assert from 'node:assert/strict';
import { sourceDigest as compiled } from '../src/numerics/kernels/code';
import { sourceDigest } from './lib/kernelSources';

describe('kernels', () => {
  it('are compiled from the sources beside them', () => {
    assert.equal(compiled, sourceDigest(), 'Compile them anew: src/numerics/kernels/README.md says how.');
  });
});
