import assert from 'node:assert/strict';
import { Expression } from '../graph/expression';
import { sizeExpression } from './cost';

describe('operators/cost', () => {
  it('counts the elements of a shape when every dimension is known', () => {
    assert.equal(sizeExpression([2, Expression.symbol('N'), 3])?.key, '6*N');
    assert.equal(sizeExpression([])?.constantValue, 1);
    assert.equal(sizeExpression([2, null]), undefined);
    assert.equal(sizeExpression(undefined), undefined);
  });
});
