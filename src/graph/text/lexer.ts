/** Reads the tokens of ONNX's textual syntax; whitespace and `# comments` are skipped. */
import { LapidaryError } from '../../protocol/errors';

/** A literal as written; strings are unescaped. */
export interface Literal {
  readonly kind: 'int' | 'float' | 'string';
  readonly text: string;
}

const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const numeral = /-?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|(?:inf|infinity|nan)(?![A-Za-z0-9_]))/iy;
const blank = /(?:\s|#[^\n]*)+/y;

/** A cursor over the text; every complaint names the line and the column. */
export class Lexer {
  private at = 0;

  constructor(private readonly text: string) {}

  get done(): boolean {
    this.skip();
    return this.at >= this.text.length;
  }

  /** Takes `token` if it comes next. */
  accept(token: string): boolean {
    this.skip();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** Takes `token`, which has to come next. */
  expect(token: string): void {
    if (!this.accept(token)) this.fail(`expected "${token}"`);
  }

  /** True when `token` comes next; takes nothing. */
  sees(token: string): boolean {
    this.skip();
    return this.text.startsWith(token, this.at);
  }

  /** The identifier that comes next, if one does; takes nothing. */
  peekIdentifier(): string | undefined {
    return this.match(word, false);
  }

  identifier(): string {
    return this.match(word) ?? this.fail('expected a name');
  }

  /** An identifier or a quoted string, if one comes next. */
  acceptName(): string | undefined {
    return this.sees('"') ? this.string() : this.match(word);
  }

  name(): string {
    return this.acceptName() ?? this.fail('expected a name');
  }

  /** Identifiers joined by dots. */
  qualifiedName(): string {
    let text = this.identifier();
    while (this.accept('.')) text += `.${this.identifier()}`;
    return text;
  }

  string(): string {
    this.expect('"');
    let value = '';
    for (let start = this.at; ; this.at++) {
      const letter = this.text[this.at];
      if (letter === undefined) return this.fail('a string does not end');
      if (letter !== '"' && letter !== '\\') continue;
      value += this.text.slice(start, this.at);
      if (letter === '"') break;
      value += this.text[++this.at] ?? '';
      start = this.at + 1;
    }
    this.at++;
    return value;
  }

  integer(): bigint {
    const { kind, text } = this.literal();
    return kind === 'int' ? BigInt(text) : this.fail('expected a whole number');
  }

  /** True when a number or a string comes next. */
  seesLiteral(): boolean {
    return this.sees('"') || this.match(numeral, false) !== undefined;
  }

  literal(): Literal {
    if (this.sees('"')) return { kind: 'string', text: this.string() };
    const text = this.match(numeral) ?? this.fail('expected a number or a string');
    return { kind: /^-?\d+$/.test(text) ? 'int' : 'float', text };
  }

  /** Items separated by commas up to `close`, which is taken too. */
  list(close: string, item: () => void): void {
    if (this.accept(close)) return;
    do item();
    while (this.accept(','));
    this.expect(close);
  }

  fail(problem: string): never {
    const before = this.text.slice(0, this.at).split('\n');
    const found = this.text.slice(this.at, this.at + 20).split('\n')[0] ?? '';
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    const seen = found === '' ? 'the end' : `"${found}"`;
    throw new LapidaryError('invalid-model', `ONNX text, ${place}: ${problem}, found ${seen}.`);
  }

  private skip(): void {
    blank.lastIndex = this.at;
    if (blank.test(this.text)) this.at = blank.lastIndex;
  }

  private match(pattern: RegExp, take = true): string | undefined {
    this.skip();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined && take) this.at += found.length;
    return found;
  }
}
