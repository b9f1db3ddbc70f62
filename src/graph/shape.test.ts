import assert from 'node:assert/strict';
import { codeOfDataType, dataTypeOfCode, familyOf, isDataType, isFloat } from './dataType';
import { Expression } from './expression';
import { canonicalDim, countElements, formatShape, sameDim } from './shape';

const N = Expression.symbol('N');

describe('shapes', () => {
  it('are the same where both are known and equal', () => {
    assert.ok(sameDim(3, 3));
    assert.ok(sameDim(N, Expression.symbol('N')));
    assert.ok(sameDim(N.sub(N), 0));
    assert.ok(!sameDim(N, 3));
    assert.ok(!sameDim(null, null), 'two unknowns need not be equal');
  });

  it('have a number of elements', () => {
    assert.equal(countElements([2, 5, 3]), 30);
    assert.equal(countElements([]), 1);
    assert.equal(countElements([4, 0]), 0);
  });

  it('are shown in one line', () => {
    assert.equal(formatShape([2, null, N.add(1)]), '2x?xN + 1');
    assert.equal(formatShape([]), 'scalar');
    assert.equal(formatShape(undefined), '?');
    assert.equal(canonicalDim(N.sub(N).add(4)), 4);
    assert.equal(canonicalDim(N), N);
  });
});

describe('element types', () => {
  it('have the codes of the file format, each its own', () => {
    const codes = Array.from({ length: 29 }, (_, code) => code);
    for (const code of codes) assert.equal(codeOfDataType(dataTypeOfCode(code)!), code);
    assert.equal(dataTypeOfCode(29), undefined);
    assert.equal(codeOfDataType('float'), 1);
    assert.equal(codeOfDataType('bfloat16'), 16);
  });

  it('are of a family', () => {
    assert.ok(isFloat('float8e5m2'));
    assert.ok(!isFloat('complex64'));
    assert.equal(familyOf('uint4'), 'uint');
    assert.ok(isDataType('int4'));
    assert.ok(!isDataType('toString'));
  });
});
