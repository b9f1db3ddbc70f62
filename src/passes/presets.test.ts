import assert from 'node:assert/strict';
import { parseOptions } from '../pass/option';
import { type PassDeclaration } from '../pass/declaration';
import { declarations, isPassId } from './declarations';
import { presetData, presetOf, presets } from './presets';

describe('presets', () => {
  it('name passes that exist, with options that these take', () => {
    for (const { id, steps } of presets) {
      assert.ok(steps.length > 0, id);
      for (const { pass, options } of steps) {
        assert.ok(isPassId(pass), `${id}: ${pass}`);
        const declaration: PassDeclaration = declarations[pass];
        parseOptions(declaration.options, options);
      }
    }
  });

  it('are told apart by id, title and suffix, and no pass has the name of one', () => {
    for (const field of ['id', 'title', 'suffix'] as const) {
      assert.equal(new Set(presets.map((preset) => preset[field])).size, presets.length, field);
    }
    assert.deepEqual(
      presets.filter(({ id }) => isPassId(id) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)),
      [],
    );
  });

  it('are found by their id, and know whether they take data', () => {
    const [first] = presets;
    assert.equal(presetOf(first!.id), first);
    assert.equal(presetOf('none-such'), undefined);
    assert.equal(presetData({ ...first!, steps: [{ pass: 'simplify', options: {} }] }), undefined);
  });
});
