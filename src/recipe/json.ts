/**
 * JSON (RFC 8259) that remembers where everything stood, so that what is wrong in a file can be pointed at.
 * JSON.parse forgets; its own messages differ between versions of Node.
 */

/** A value with its place in the text. */
export type JsonNode =
  | { readonly kind: 'object'; readonly start: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly start: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'plain'; readonly start: number; readonly value: string | number | boolean | null };

/** One member of an object. */
export interface JsonMember {
  readonly key: string;
  /** Where the key stands. */
  readonly start: number;
  readonly value: JsonNode;
}

/** The text is not JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  constructor(
    message: string,
    /** Where in the text. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Deeper nesting is no recipe; it would only exhaust the stack. */
const deepest = 64;

/** Parses a text; throws JsonSyntaxError. */
export function parseJson(text: string): JsonNode {
  return new Parser(text).document();
}

/** The value that a node stands for. */
export function valueOf(node: JsonNode): unknown {
  if (node.kind === 'plain') return node.value;
  if (node.kind === 'array') return node.items.map(valueOf);
  return Object.fromEntries(node.members.map(({ key, value }) => [key, valueOf(value)]));
}

/** Line and column of an offset, both from 1. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {
    // A byte order mark is no part of the text.
    if (text.startsWith('\ufeff')) this.at = 1;
  }

  document(): JsonNode {
    const node = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) throw this.error('There is more after the end');
    return node;
  }

  private value(depth: number): JsonNode {
    if (depth > deepest) throw this.error('This is nested too deeply');
    this.skipSpace();
    const start = this.at;
    switch (this.text[this.at]) {
      case '{':
        return { kind: 'object', start, members: this.list('}', () => this.member(depth)) };
      case '[':
        return { kind: 'array', start, items: this.list(']', () => this.value(depth + 1)) };
      case '"':
        return { kind: 'plain', start, value: this.string() };
      default:
        return { kind: 'plain', start, value: this.word() };
    }
  }

  private list<T>(end: '}' | ']', item: () => T): T[] {
    this.at++;
    const items: T[] = [];
    if (this.skips(end)) return items;
    for (;;) {
      items.push(item());
      if (this.skips(end)) return items;
      if (!this.skips(',')) throw this.error(`A comma or "${end}" is missing`);
      this.skipSpace();
      if (this.text[this.at] === end) throw this.error(`There is a comma too many before "${end}"`);
    }
  }

  private member(depth: number): JsonMember {
    this.skipSpace();
    const start = this.at;
    if (this.text[start] !== '"') throw this.error('A name in double quotes is missing');
    const key = this.string();
    if (!this.skips(':')) throw this.error(`A colon is missing after "${key}"`);
    return { key, start, value: this.value(depth + 1) };
  }

  private string(): string {
    const [literal] = /^"(?:[^"\\\r\n]|\\.)*"/.exec(this.text.slice(this.at)) ?? [];
    if (literal === undefined) throw this.error('This string does not end on its line');
    try {
      const value = JSON.parse(literal) as string;
      this.at += literal.length;
      return value;
    } catch {
      throw this.error('This string holds an escape or a control character that JSON does not allow');
    }
  }

  private word(): number | boolean | null {
    const [word = ''] = /^[^\s,:{}[\]"]*/.exec(this.text.slice(this.at)) ?? [];
    if (word.startsWith('//') || word.startsWith('/*')) throw this.error('JSON has no comments');
    const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
    const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word);
    if (!isNumber && !Object.hasOwn(constants, word)) {
      throw this.error(word === '' ? 'A value is missing' : `"${word}" is no JSON value`);
    }
    this.at += word.length;
    return isNumber ? Number(word) : constants[word]!;
  }

  private skips(mark: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text[this.at]!)) this.at++;
  }

  private error(message: string): JsonSyntaxError {
    return new JsonSyntaxError(`${message}.`, this.at);
  }
}
