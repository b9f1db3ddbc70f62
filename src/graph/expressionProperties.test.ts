/** Expressions against brute force: whatever is simplified must go on meaning the same. */
import assert from 'node:assert/strict';
import { below, seeded } from '../../test/support/random';
import { parseDim } from './dimText';
import { Expression } from './expression';

/** An expression together with what it means. */
interface Meaning {
  readonly expression: Expression;
  readonly value: (bindings: ReadonlyMap<string, number>) => number;
}

const symbols = ['H', 'N', 'W'] as const;

/** Every combination of small values, and a few large ones. */
const points: readonly ReadonlyMap<string, number>[] = [0, 1, 2, 3, 5, 8, 100].flatMap((h) =>
  [0, 1, 4, 7].flatMap((n) => [1, 2, 9].map((w) => new Map(Object.entries({ H: h, N: n, W: w })))),
);

/** A random expression with at most `size` operations. */
function make(random: () => number, size: number): Meaning {
  if (size === 0) return leaf(random);
  const left = make(random, below(random, size));
  const kind = below(random, 7);
  if (kind >= 5) {
    const divisor = 1 + below(random, 6);
    return kind === 5
      ? {
          expression: left.expression.floorDiv(divisor),
          value: (bindings) => Math.floor(left.value(bindings) / divisor),
        }
      : {
          expression: left.expression.ceilDiv(divisor),
          value: (bindings) => Math.ceil(left.value(bindings) / divisor),
        };
  }
  const right = make(random, below(random, size));
  const of = (combine: (a: number, b: number) => number): Meaning['value'] => {
    return (bindings) => combine(left.value(bindings), right.value(bindings));
  };
  const [a, b] = [left.expression, right.expression];
  switch (kind) {
    case 0:
      return { expression: a.add(b), value: of((x, y) => x + y) };
    case 1:
      return { expression: a.sub(b), value: of((x, y) => x - y) };
    case 2:
      return { expression: a.mul(b), value: of((x, y) => x * y) };
    case 3:
      return { expression: a.min(b), value: of(Math.min) };
    default:
      return { expression: a.max(b), value: of(Math.max) };
  }
}

function leaf(random: () => number): Meaning {
  if (random() < 0.4) {
    const number = below(random, 13) - 4;
    return { expression: Expression.of(number), value: () => number };
  }
  const name = symbols[below(random, symbols.length)]!;
  return { expression: Expression.symbol(name), value: (bindings) => bindings.get(name)! };
}

/** Runs `check` for many random expressions; a failure names the expression. */
function forMany(seed: number, check: (meaning: Meaning, random: () => number) => void): void {
  const random = seeded(seed);
  for (let round = 0; round < 1500; round++) {
    const meaning = make(random, 1 + below(random, 6));
    try {
      check(meaning, random);
    } catch (thrown) {
      throw new Error(`for ${meaning.expression.key}`, { cause: thrown });
    }
  }
}

/** Like strict equality, but -0 is 0. */
const same = (actual: number | undefined, expected: number): void => assert.equal(actual! + 0, expected + 0);

describe('Expression, by brute force', () => {
  it('evaluates to what it means', () => {
    forMany(1, ({ expression, value }) => {
      for (const bindings of points) same(expression.evaluate(bindings), value(bindings));
    });
  });

  it('means the same after numbers are put in one by one', () => {
    forMany(2, ({ expression, value }, random) => {
      const bindings = points[below(random, points.length)]!;
      let rest = expression;
      for (const [name, number] of bindings) {
        rest = rest.substitute(new Map([[name, number]]));
        assert.ok(!rest.symbols().has(name));
      }
      same(rest.constantValue, value(bindings));
    });
  });

  it('means the same after expressions are put in', () => {
    forMany(3, ({ expression, value }, random) => {
      const inner = make(random, 2);
      const replaced = expression.substitute(new Map([['H', inner.expression]]));
      for (const bindings of points) {
        const h = inner.value(bindings);
        // Symbols are sizes; what the rules may rely on does not hold for negative ones.
        if (h >= 0) same(replaced.evaluate(bindings), value(new Map([...bindings, ['H', h]])));
      }
    });
  });

  it('knows a sign only when it holds everywhere', () => {
    let known = 0;
    forMany(4, ({ expression, value }) => {
      const { sign, isNonNegative } = expression;
      if (sign !== undefined || isNonNegative) known++;
      for (const bindings of points) {
        if (sign !== undefined) assert.equal(Math.sign(value(bindings)) + 0, sign);
        if (isNonNegative) assert.ok(value(bindings) >= 0);
      }
    });
    assert.ok(known > 300, `${known} signs are known`);
  });

  it('is the same whatever the order of operations', () => {
    forMany(5, ({ expression: a }, random) => {
      const [b, c] = [make(random, 3).expression, make(random, 2).expression];
      assert.equal(a.add(b).key, b.add(a).key);
      assert.equal(a.mul(b).key, b.mul(a).key);
      assert.equal(a.add(b).add(c).key, a.add(b.add(c)).key);
      assert.equal(a.add(b).mul(c).key, a.mul(c).add(b.mul(c)).key);
      assert.equal(a.sub(a).constantValue, 0);
      assert.equal(a.min(b).key, b.min(a).key);
      assert.equal(a.max(b).key, b.max(a).key);
      assert.equal(a.max(a).key, a.key);
    });
  });

  it('divides exactly what was multiplied', () => {
    forMany(6, ({ expression }, random) => {
      const factor = 1 + below(random, 9);
      const [h, w] = [Expression.symbol('H'), Expression.symbol('W')];
      assert.equal(expression.mul(factor).floorDiv(factor).key, expression.key);
      assert.equal(expression.mul(factor).ceilDiv(factor).key, expression.key);
      assert.equal(expression.mul(h).mul(w).floorDiv(h.mul(w)).key, expression.key);
    });
  });

  it('is written so that it can be read back', () => {
    forMany(7, ({ expression }) => {
      const constant = expression.constantValue;
      if (constant === undefined || constant >= 0) assert.equal(parseDim(expression.toString()).key, expression.key);
    });
  });
});
