/**
 * Reads what exporters write into dim_param. Most is a plain name; PyTorch and ONNX Runtime also write arithmetic, such
 * as `past_seq_len + 1`, `2*s0`, `(s0 - 1)//2 + 1` or `floor(h/2 - 1/2)`, and then the names in it are the symbols.
 */
import { Expression } from './expression';

/** A fraction of polynomials: fractions of numbers may come up on the way to a whole result. */
interface Fraction {
  readonly numerator: Expression;
  readonly denominator: number;
}

/** Names may hold a hyphen or a dot (`input-0_dim1`), so a minus counts as one only between spaces or after a bracket. */
const token = /\s*(?:(\d+)|([A-Za-z_][\w.]*(?:-[\w.]+)*)|(\/\/|[-+*/(),]))/y;

const functions: ReadonlySet<string> = new Set(['floor', 'ceil', 'ceiling', 'min', 'max']);

/** The expression that a dim_param spells, or a symbol of that very name when it is not arithmetic. */
export function parseDim(text: string): Expression {
  const dim = new Parser(text).whole();
  const constant = dim?.constantValue;
  // A negative number is what some write for "any".
  const isSize = constant === undefined || (constant >= 0 && Number.isSafeInteger(constant));
  return dim && isSize ? dim : Expression.symbol(text);
}

/** Recursive descent; every method gives undefined where the text is no arithmetic, and then so is the whole. */
class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): Expression | undefined {
    const result = this.sum();
    if (!result || this.text.slice(this.at).trim() !== '') return undefined;
    return result.denominator === 1 ? result.numerator : undefined;
  }

  private sum(): Fraction | undefined {
    let left = this.product();
    for (let sign = this.take('+', '-'); left && sign; sign = this.take('+', '-')) {
      const right = this.product();
      left = right && add(left, right, sign === '+' ? 1 : -1);
    }
    return left;
  }

  private product(): Fraction | undefined {
    let left = this.factor();
    for (let operator = this.take('*', '//', '/'); left && operator; operator = this.take('*', '//', '/')) {
      const right = this.factor();
      left = right && combine(left, operator, right);
    }
    return left;
  }

  private factor(): Fraction | undefined {
    if (this.depth > 50) return undefined;
    this.depth++;
    const result = this.nested();
    this.depth--;
    return result;
  }

  private nested(): Fraction | undefined {
    if (this.take('(')) return this.closed(this.sum());
    if (this.take('-')) {
      const inner = this.factor();
      return inner && { ...inner, numerator: inner.numerator.mul(-1) };
    }
    const [, digits, name] = this.next() ?? [];
    if (digits !== undefined) return { numerator: Expression.of(Number(digits)), denominator: 1 };
    if (name === undefined) return undefined;
    const call = name.toLowerCase();
    if (!functions.has(call) || !this.take('(')) return { numerator: Expression.symbol(name), denominator: 1 };
    return this.call(call);
  }

  private call(name: string): Fraction | undefined {
    let result = this.sum();
    if (name === 'min' || name === 'max') {
      while (result && this.take(',')) {
        const other = this.sum();
        if (result.denominator !== 1 || other?.denominator !== 1) return undefined;
        result = { numerator: result.numerator[name](other.numerator), denominator: 1 };
      }
    } else if (result) {
      const { numerator, denominator } = result;
      const rounded = name === 'floor' ? numerator.floorDiv(denominator) : numerator.ceilDiv(denominator);
      result = { numerator: rounded, denominator: 1 };
    }
    return this.closed(result);
  }

  private closed(inner: Fraction | undefined): Fraction | undefined {
    return inner && this.take(')') ? inner : undefined;
  }

  /** Takes one of these operators if it is next. */
  private take(...operators: readonly string[]): string | undefined {
    const before = this.at;
    const operator = this.next()?.[3];
    if (operator !== undefined && operators.includes(operator)) return operator;
    this.at = before;
    return undefined;
  }

  private next(): RegExpExecArray | undefined {
    token.lastIndex = this.at;
    const match = token.exec(this.text);
    if (match) this.at = token.lastIndex;
    return match ?? undefined;
  }
}

function add(left: Fraction, right: Fraction, sign: 1 | -1): Fraction {
  const numerator = left.numerator.mul(right.denominator).add(right.numerator.mul(sign * left.denominator));
  return reduced(numerator, left.denominator * right.denominator);
}

function combine(left: Fraction, operator: string, right: Fraction): Fraction | undefined {
  if (operator === '*') return reduced(left.numerator.mul(right.numerator), left.denominator * right.denominator);
  if (right.denominator !== 1) return undefined;
  if (operator === '//') {
    return { numerator: left.numerator.floorDiv(right.numerator.mul(left.denominator)), denominator: 1 };
  }
  const divisor = right.numerator.constantValue;
  if (divisor === undefined || divisor <= 0) return undefined;
  return reduced(left.numerator, left.denominator * divisor);
}

/** A whole number again where the division has no remainder, as in `4*(h/2)`. */
function reduced(numerator: Expression, denominator: number): Fraction {
  const exact = denominator === 1 ? numerator : numerator.divideExactly(Expression.of(denominator));
  return exact ? { numerator: exact, denominator: 1 } : { numerator, denominator };
}
