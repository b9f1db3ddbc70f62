/**
 * Integer expressions over named symbols: dimensions such as `floor((H + 1)/2)` and costs such as `3·N·H·W`.
 *
 * An expression is a polynomial in canonical form: a sum of terms, each a numeric coefficient times a product of
 * atoms. An atom is a symbol, or an operation that has no polynomial form (floor division, min, max) over canonical
 * expressions. Two expressions that are equal as polynomials have the same `key`. Symbols stand for integers >= 0.
 */

import { addTerms, canonicalTerms, multiplyTerms, type ProductTerm } from './expressionTerms';
import { formatTerms } from './expressionText';
import { greatestCommonDivisor as gcd } from './integers';

type AtomKind = 'symbol' | 'floor' | 'min' | 'max';

interface Atom {
  readonly kind: AtomKind;
  readonly key: string;
  /** Operands: floor [numerator, denominator]; min and max two or more; symbol none. */
  readonly args: readonly Expression[];
}

type Term = ProductTerm<Atom>;

/** What an operation accepts in place of an expression. */
export type ExpressionLike = Expression | number;

/** A polynomial over symbols; immutable. */
export class Expression {
  static readonly zero = new Expression([]);
  static readonly one = new Expression([{ coefficient: 1, atoms: [] }]);

  /** Made when it is first asked for; hidden, so that comparing two expressions does not depend on who asked. */
  #key?: string;

  private constructor(private readonly terms: readonly Term[]) {}

  /** Canonical text: equal keys mean equal expressions. */
  get key(): string {
    return (this.#key ??= formatTerms(this.terms));
  }

  /** The expression of a number, or the expression itself. */
  static of(value: ExpressionLike): Expression {
    if (value instanceof Expression) return value;
    if (value === 0) return Expression.zero;
    return value === 1 ? Expression.one : new Expression([{ coefficient: value, atoms: [] }]);
  }

  /** A named symbol, such as a dynamic dimension. */
  static symbol(name: string): Expression {
    return Expression.atom({ kind: 'symbol', key: name, args: [] });
  }

  private static readonly atom = (atom: Atom): Expression => new Expression([{ coefficient: 1, atoms: [atom] }]);

  private static collect(terms: readonly Term[]): Expression {
    return new Expression(canonicalTerms(terms));
  }

  /** The number this is, or undefined when it depends on a symbol. */
  get constantValue(): number | undefined {
    const [first] = this.terms;
    if (!first) return 0;
    return this.terms.length === 1 && first.atoms.length === 0 ? first.coefficient : undefined;
  }

  /** Name of the symbol when the expression is exactly one symbol. */
  get symbolName(): string | undefined {
    return this.soleAtom?.kind === 'symbol' ? this.soleAtom.key : undefined;
  }

  private get soleAtom(): Atom | undefined {
    const [first] = this.terms;
    return this.terms.length === 1 && first!.coefficient === 1 && first!.atoms.length === 1
      ? first!.atoms[0]
      : undefined;
  }

  /** Names of all symbols it depends on. */
  symbols(into = new Set<string>()): Set<string> {
    for (const term of this.terms) {
      for (const atom of term.atoms) {
        if (atom.kind === 'symbol') into.add(atom.key);
        else for (const arg of atom.args) arg.symbols(into);
      }
    }
    return into;
  }

  equals(other: ExpressionLike): boolean {
    return this.key === Expression.of(other).key;
  }

  add(other: ExpressionLike): Expression {
    const right = Expression.of(other);
    if (right.terms.length === 0) return this;
    return this.terms.length === 0 ? right : new Expression(addTerms(this.terms, right.terms));
  }

  sub(other: ExpressionLike): Expression {
    return this.add(Expression.of(other).mul(-1));
  }

  mul(other: ExpressionLike): Expression {
    // Most products are with a number, for which nothing needs sorting.
    if (typeof other === 'number' && other !== 0 && other !== 1) {
      return new Expression(this.terms.map(({ coefficient, atoms }) => ({ coefficient: coefficient * other, atoms })));
    }
    const right = Expression.of(other);
    if (this === Expression.one) return right;
    return right === Expression.one ? this : new Expression(multiplyTerms(this.terms, right.terms));
  }

  /** ⌊this / divisor⌋ for integers; exact where the division has no remainder. */
  floorDiv(divisor: ExpressionLike): Expression {
    const by = Expression.of(divisor);
    const exact = this.divideExactly(by);
    if (exact) return exact;
    const d = by.constantValue;
    if (d === undefined || d <= 0 || !Number.isInteger(d)) return Expression.floorAtom(this, by);
    // Whole multiples of d leave the floor: ⌊(d·q + r)/d⌋ = q + ⌊r/d⌋.
    const whole: Term[] = [];
    const rest: Term[] = [];
    for (const term of this.terms) {
      const quotient = Math.floor(term.coefficient / d);
      const remainder = term.coefficient - quotient * d;
      const leaves = term.atoms.length === 0 ? quotient !== 0 : remainder === 0;
      if (leaves) whole.push({ ...term, coefficient: quotient });
      rest.push(leaves ? { ...term, coefficient: remainder } : term);
    }
    const remainder = Expression.collect(rest);
    const known = remainder.constantValue;
    return Expression.collect(whole).add(
      known === undefined ? Expression.floorAtom(remainder, by) : Math.floor(known / d),
    );
  }

  /** ⌈this / divisor⌉ for integers. */
  ceilDiv(divisor: ExpressionLike): Expression {
    const by = Expression.of(divisor);
    return this.divideExactly(by) ?? this.add(by).sub(1).floorDiv(by);
  }

  min(other: ExpressionLike): Expression {
    return Expression.extremum('min', this, Expression.of(other));
  }

  max(other: ExpressionLike): Expression {
    return Expression.extremum('max', this, Expression.of(other));
  }

  /** -1, 0 or 1 for the sign that holds for every value of the symbols (all >= 0), or undefined. */
  get sign(): -1 | 0 | 1 | undefined {
    if (this.terms.length === 0) return 0;
    const constant = this.terms.find((term) => term.atoms.length === 0)?.coefficient ?? 0;
    if (constant > 0 && this.isNonNegative) return 1;
    return constant < 0 && this.mul(-1).isNonNegative ? -1 : undefined;
  }

  /** True when it is surely >= 0 for every value of the symbols; false says nothing. */
  get isNonNegative(): boolean {
    return this.terms.every(({ coefficient, atoms }) => coefficient > 0 && atoms.every(isNonNegativeAtom));
  }

  /** The value once every symbol is bound; undefined when one is missing or a divisor is zero. */
  evaluate(bindings: ReadonlyMap<string, number>): number | undefined {
    let sum = 0;
    for (const term of this.terms) {
      let product = term.coefficient;
      for (const atom of term.atoms) product *= Expression.evaluateAtom(atom, bindings) ?? NaN;
      sum += product;
    }
    return Number.isNaN(sum) ? undefined : sum;
  }

  /** The expression with some symbols replaced; unbound ones stay. */
  substitute(bindings: ReadonlyMap<string, ExpressionLike>): Expression {
    let sum = Expression.zero;
    for (const term of this.terms) {
      let product = Expression.of(term.coefficient);
      for (const atom of term.atoms) product = product.mul(Expression.substituteAtom(atom, bindings));
      sum = sum.add(product);
    }
    return sum;
  }

  toString(): string {
    return this.key;
  }

  /** this / by when that is again a polynomial with integer coefficients, else undefined. */
  divideExactly(by: Expression): Expression | undefined {
    if (by.terms.length !== 1) return by.terms.length > 1 && this.equals(by) ? Expression.one : undefined;
    const divisor = by.terms[0]!;
    const terms: Term[] = [];
    for (const term of this.terms) {
      const atoms = [...term.atoms];
      for (const atom of divisor.atoms) {
        const at = atoms.findIndex((candidate) => candidate.key === atom.key);
        if (at < 0) return undefined;
        atoms.splice(at, 1);
      }
      const coefficient = term.coefficient / divisor.coefficient;
      if (!Number.isInteger(coefficient)) return undefined;
      terms.push({ coefficient, atoms });
    }
    return Expression.collect(terms);
  }

  /** this · multiplier with every coefficient rounded, when all are whole but for rounding errors; else undefined. */
  wholeMultiple(multiplier: number): Expression | undefined {
    const scaled = this.terms.map(({ coefficient, atoms }) => ({ coefficient: coefficient * multiplier, atoms }));
    const whole = scaled.map(({ coefficient, atoms }) => ({ coefficient: Math.round(coefficient), atoms }));
    const near = scaled.every(({ coefficient }, i) => Math.abs(coefficient - whole[i]!.coefficient) <= 1e-6);
    return near ? Expression.collect(whole) : undefined;
  }

  private static floorAtom(numerator: Expression, denominator: Expression): Expression {
    const d = denominator.constantValue;
    if (d !== undefined && d > 0) {
      const flat = numerator.flattenFloor();
      if (flat) return flat.numerator.floorDiv(flat.denominator * d);
      const divisor = numerator.terms.reduce((g, term) => gcd(g, Math.abs(term.coefficient)), d);
      if (divisor > 1) return numerator.divideExactly(Expression.of(divisor))!.floorDiv(d / divisor);
    }
    const key = `floor(${numerator.group()}/${denominator.group()})`;
    return Expression.atom({ kind: 'floor', key, args: [numerator, denominator] });
  }

  /** ⌊n/d⌋ + k as the fraction (n + k·d)/d, so that ⌊(⌊n/d⌋ + k)/e⌋ becomes ⌊(n + k·d)/(d·e)⌋. */
  private flattenFloor(): { numerator: Expression; denominator: number } | undefined {
    const constant = Expression.collect(this.terms.filter((term) => term.atoms.length === 0));
    const atom = this.sub(constant).soleAtom;
    const denominator = atom?.kind === 'floor' ? atom.args[1]!.constantValue : undefined;
    if (!atom || denominator === undefined || denominator <= 0) return undefined;
    if (!Number.isInteger(constant.constantValue)) return undefined;
    return { numerator: atom.args[0]!.add(constant.mul(denominator)), denominator };
  }

  /** min or max of any number of operands, without those that another one always beats. */
  private static extremum(kind: 'min' | 'max', a: Expression, b: Expression): Expression {
    const kept: Expression[] = [];
    for (const candidate of [...a.operandsOf(kind), ...b.operandsOf(kind)]) {
      if (kept.some((other) => other.beats(candidate, kind))) continue;
      const better = kept.filter((other) => !candidate.beats(other, kind));
      kept.splice(0, kept.length, ...better, candidate);
    }
    if (kept.length === 1) return kept[0]!;
    kept.sort((x, y) => (x.key < y.key ? -1 : 1));
    return Expression.atom({ kind, key: `${kind}(${kept.map((part) => part.key).join(', ')})`, args: kept });
  }

  /** The operands of an expression that is nothing but this operation; else the expression itself. */
  private operandsOf(kind: AtomKind): readonly Expression[] {
    return this.soleAtom?.kind === kind ? this.soleAtom.args : [this];
  }

  /** True when this is never on the losing side of a min or max with `other`, as max(x, min(x, y)) = x. */
  private beats(other: Expression, kind: 'min' | 'max'): boolean {
    if (this.equals(other)) return true;
    const opposite = other.operandsOf(kind === 'min' ? 'max' : 'min');
    if (opposite.length > 1 && opposite.some((part) => part.equals(this))) return true;
    return (kind === 'max' ? this.sub(other) : other.sub(this)).isNonNegative;
  }

  private static evaluateAtom(atom: Atom, bindings: ReadonlyMap<string, number>): number | undefined {
    if (atom.kind === 'symbol') return bindings.get(atom.key);
    const values = atom.args.map((arg) => arg.evaluate(bindings) ?? NaN);
    const value = atom.kind === 'floor' ? Math.floor(values[0]! / values[1]!) : Math[atom.kind](...values);
    return Number.isFinite(value) ? value : undefined;
  }

  private static substituteAtom(atom: Atom, bindings: ReadonlyMap<string, ExpressionLike>): Expression {
    if (atom.kind === 'symbol') return Expression.of(bindings.get(atom.key) ?? Expression.atom(atom));
    const [first, ...rest] = atom.args.map((arg) => arg.substitute(bindings));
    return rest.reduce((all, arg) => {
      if (atom.kind === 'floor') return all.floorDiv(arg);
      return atom.kind === 'min' ? all.min(arg) : all.max(arg);
    }, first!);
  }

  private group(): string {
    return this.terms.length > 1 ? `(${this.key})` : this.key;
  }
}

/** A symbol always is; a floor and a min when all their operands are. */
const isNonNegativeAtom = ({ kind, args }: Atom): boolean =>
  kind === 'max' ? args.some((arg) => arg.isNonNegative) : args.every((arg) => arg.isNonNegative);
