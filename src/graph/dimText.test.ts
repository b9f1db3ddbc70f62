import assert from 'node:assert/strict';
import { parseDim } from './dimText';
import { Expression } from './expression';

describe('dim_param', () => {
  it('is a name, whatever odd ones there are', () => {
    const names = ['batch', 'N', 'input-0_dim0', 'unk__12', 'a.b', 'seq-len', '?', '-1', 'None', 'x y', '1x', 'größe'];
    for (const name of names) assert.equal(parseDim(name).symbolName, name);
  });

  it('stays a name where it is almost arithmetic', () => {
    for (const name of [
      'a +',
      '(a',
      'a)',
      'h/2',
      'a / b',
      'floor(a',
      'min(a; b)',
      '* a',
      'a ** 2',
      '(',
      'a//0.5',
      '',
    ]) {
      assert.equal(parseDim(name).symbolName, name);
    }
    const deep = `${'('.repeat(5000)}a${')'.repeat(5000)}`;
    assert.equal(parseDim(deep).symbolName, deep);
  });

  it('is arithmetic', () => {
    const [a, b] = [Expression.symbol('a'), Expression.symbol('b-c')];
    const same = (text: string, expected: Expression): void => assert.equal(parseDim(text).key, expected.key, text);
    same('12', Expression.of(12));
    same('a + 1', a.add(1));
    same('a+1', a.add(1));
    same('1 - a', Expression.one.sub(a));
    same('-a + 2', a.mul(-1).add(2));
    same('2*a', a.mul(2));
    same('a*(b-c - 1)', a.mul(b.sub(1)));
    same('a//2', a.floorDiv(2));
    same('((a - 1)//2) + 1', a.sub(1).floorDiv(2).add(1));
    same('floor(a/2 - 1/2) + 1', a.sub(1).floorDiv(2).add(1));
    same('ceiling(a/2)', a.ceilDiv(2));
    same('4*(a/2)', a.mul(2));
    same('Max(1, a, b-c)', Expression.one.max(a).max(b));
    same('Min(a, 512)', a.min(512));
    same('a//b-c', a.floorDiv(b));
    same('max', Expression.symbol('max'));
  });

  it('means what it says', () => {
    const texts = [
      '(h + 2*p - 3)//2 + 1',
      'floor(h/3 + p/2)',
      'ceil(h/4)*p',
      'Min(h, p + 1) - Max(2, p)',
      '-(h - p)*2',
    ];
    const meant: ((h: number, p: number) => number)[] = [
      (h, p) => Math.floor((h + 2 * p - 3) / 2) + 1,
      (h, p) => Math.floor((2 * h + 3 * p) / 6),
      (h, p) => Math.ceil(h / 4) * p,
      (h, p) => Math.min(h, p + 1) - Math.max(2, p),
      (h, p) => -(h - p) * 2,
    ];
    texts.forEach((text, index) => {
      const dim = parseDim(text);
      for (let h = 0; h < 12; h++) {
        for (let p = 0; p < 6; p++) {
          const bindings = new Map([
            ['h', h],
            ['p', p],
          ]);
          // Not strict equality: -0 is 0 here.
          assert.ok(dim.evaluate(bindings) === meant[index]!(h, p), `${text} at h=${h}, p=${p}`);
        }
      }
    });
  });
});
