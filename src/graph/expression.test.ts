import assert from 'node:assert/strict';
import { Expression } from './expression';

const H = Expression.symbol('H');
const W = Expression.symbol('W');

describe('Expression', () => {
  it('gives equal polynomials one text', () => {
    assert.equal(H.add(W).mul(H).key, 'H*H + H*W');
    assert.ok(
      W.mul(H)
        .add(H.mul(H))
        .equals(H.mul(W.add(H))),
    );
    assert.equal(H.sub(H).constantValue, 0);
    assert.equal(H.mul(3).sub(1).toString(), '3*H - 1');
  });

  it('divides exactly where it can', () => {
    assert.equal(H.mul(W).mul(6).floorDiv(H.mul(2)).key, '3*W');
    assert.equal(H.mul(4).add(3).floorDiv(2).key, '2*H + 1');
    assert.equal(H.ceilDiv(2).key, 'floor((H + 1)/2)');
  });

  it('collapses a chain of strided windows into one floor', () => {
    let dim = H;
    for (let level = 0; level < 5; level++) dim = dim.sub(1).floorDiv(2).add(1);
    assert.equal(dim.key, 'floor((H + 31)/32)');
    for (let value = 1; value < 200; value++) {
      let expected = value;
      for (let level = 0; level < 5; level++) expected = Math.floor((expected - 1) / 2) + 1;
      assert.equal(dim.evaluate(new Map([['H', value]])), expected);
    }
  });

  it('drops operands of min and max that never decide', () => {
    assert.equal(H.min(512).min(9999).key, 'min(512, H)');
    assert.equal(H.max(H.min(512)).key, 'H');
    assert.equal(H.min(H.max(W)).key, 'H');
    assert.equal(H.add(1).max(H).key, 'H + 1');
    assert.equal(H.max(W).max(H).key, 'max(H, W)');
  });

  it('evaluates and substitutes', () => {
    const expression = H.floorDiv(3).add(W.min(4).mul(2));
    const bindings = new Map([
      ['H', 10],
      ['W', 7],
    ]);
    assert.equal(expression.evaluate(bindings), 11);
    assert.equal(expression.evaluate(new Map([['H', 10]])), undefined);
    assert.equal(expression.substitute(new Map([['W', 3]])).key, 'floor(H/3) + 6');
    assert.equal(H.floorDiv(W).evaluate(new Map([...bindings, ['W', 0]])), undefined);
  });

  it('finds the whole multiple of fractional coefficients', () => {
    assert.equal(H.mul(1 / 3).wholeMultiple(3)?.key, 'H');
    assert.equal(H.mul(0.5).wholeMultiple(3), undefined);
  });
});
