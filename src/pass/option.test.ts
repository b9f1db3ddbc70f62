import assert from 'node:assert/strict';
import { matchesName } from './option';

describe('pass/option', () => {
  it('matches names by wildcards, and takes names out again', () => {
    const matching = (...patterns: string[]): string[] =>
      ['conv1', 'conv2', 'head.a', 'head'].filter((name) => matchesName(name, patterns));
    assert.deepEqual(matching(), []);
    assert.deepEqual(matching('conv?'), ['conv1', 'conv2']);
    assert.deepEqual(matching('head.*'), ['head.a'], 'a point is a point');
    assert.deepEqual(matching('*', '!head'), ['conv1', 'conv2', 'head.a']);
    assert.deepEqual(matching('*', '!conv*', 'conv2'), ['conv2', 'head.a', 'head']);
    assert.deepEqual(matching('!head'), [], 'an exception excludes nothing');
    assert.ok(matchesName('two\nlines', ['*']) && matchesName('two\nlines', ['two?lines']));
  });
});
