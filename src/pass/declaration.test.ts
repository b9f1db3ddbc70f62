import assert from 'node:assert/strict';
import { declarations } from '../passes/declarations';
import { type PassDeclaration, suffixFor } from './declaration';

describe('pass/declaration', () => {
  it('names files by the bits that weights take, and by what else was chosen', () => {
    const weights = declarations['quantize-weights'];
    assert.deepEqual(
      [{}, { bits: 8 }, { bits: 4 }, { bits: 2 }].map((options) => suffixFor(weights, options)),
      ['w8', 'w8', 'w4', 'w2'],
    );
    assert.equal(suffixFor(declarations['convert-float16'], { precision: 'bfloat16-weights' }), 'bf16');
    assert.equal(suffixFor(declarations.simplify, { anything: 4 }), 'simplified');
  });

  it('tells files apart by options and values that there are', () => {
    for (const declaration of Object.values(declarations)) {
      const { id, suffixes, options }: PassDeclaration = declaration;
      if (!suffixes) continue;
      const option = options[suffixes.option];
      const values =
        option?.kind === 'choice' ? Object.keys(option.choices) : option?.kind === 'number' ? option.oneOf : [];
      for (const value of Object.keys(suffixes.by)) assert.ok(values?.map(String).includes(value), `${id}: ${value}`);
    }
  });
});
