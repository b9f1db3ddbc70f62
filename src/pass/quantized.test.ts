import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { isQuantized } from './quantized';

describe('pass/quantized', () => {
  it('tells quantized models from float ones, by operators and by stored weights', () => {
    const float = build({ inputs: { x: ['float', [2, 8]] } })
      .matMul('x', 'y', [8, 4])
      .initializer('flags', 'uint8', [3]);
    assert.equal(isQuantized(float.model()), false);
    const stored = build({ inputs: { x: ['float', [2, 8]] } })
      .initializer('q', 'int8', [8, 4])
      .node('Cast', ['q'], 'w', { to: 1 });
    assert.equal(isQuantized(stored.node('MatMul', ['x', 'w'], 'y').model()), true);
    const activations = build({ inputs: { x: ['float', [2, 8]] } }).node(
      'DynamicQuantizeLinear',
      ['x'],
      ['q', 's', 'z'],
    );
    assert.equal(isQuantized(activations.model()), true);
  });
});
