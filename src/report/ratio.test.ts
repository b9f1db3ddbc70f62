import assert from 'node:assert/strict';
import { changeOf, type Quantity } from './ratio';
import { englishWords } from './words';

describe('report/ratio', () => {
  const rows: readonly (readonly [
    before: number,
    after: number,
    quantity: Quantity,
    direction: string,
    words: string,
  ])[] = [
    [4.95, 1.34, 'size', 'better', '3.7× smaller'],
    [1.34, 4.95, 'size', 'worse', '3.7× larger'],
    [100, 96, 'size', 'better', '4.0 % smaller'],
    [100, 104.2, 'size', 'worse', '4.2 % larger'],
    [100, 100, 'size', 'same', 'same'],
    [100_000, 99_999, 'size', 'same', 'same'],
    [0, 100, 'size', 'worse', 'new'],
    [100, 0, 'size', 'better', 'none left'],
    [0, 0, 'size', 'same', 'same'],
    [9.1, 3.4, 'time', 'better', '2.7× faster'],
    [3.4, 4.08, 'time', 'worse', '1.2× slower'],
    [100, 96, 'time', 'better', '1.04× faster'],
    [100, 99.8, 'time', 'same', 'same'],
    [1000, 80, 'cost', 'better', '13× less'],
    [80, 99_000, 'cost', 'worse', '1240× more'],
    [0.585, 0.592, 'score', 'better', '+0.7 points'],
    [0.592, 0.585, 'score', 'worse', '−0.7 points'],
    [0.592, 0.5921, 'score', 'same', 'same'],
  ];
  for (const [before, after, quantity, direction, words] of rows) {
    it(`${quantity} ${before} → ${after} is "${words}"`, () => {
      const change = changeOf(before, after, quantity);
      assert.equal(change.words, words);
      assert.equal(change.direction, direction);
    });
  }

  it('speaks another language', () => {
    const words = { ...englishWords, smaller: '{0} kleiner' };
    assert.equal(changeOf(4, 1, 'size', words).words, '4.0× kleiner');
  });
});
