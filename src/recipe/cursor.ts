/** Reads typed values out of a positioned JSON tree; an error says which file, line and column, and what belongs there. */
import { LapidaryError } from '../protocol/errors';
import { type JsonNode, positionAt } from './json';

/** Bounds of a number. */
export interface NumberBounds {
  readonly least?: number;
  /** Larger than this. */
  readonly above?: number;
  readonly whole?: boolean;
}

/** Readers of the members of an object, by key. */
export type Members<T> = { readonly [K in keyof T]-?: (cursor: Cursor) => T[K] };

/** A node with the text around it. */
export class Cursor {
  constructor(
    private readonly file: string,
    private readonly text: string,
    readonly node: JsonNode,
    /** What a person calls the value: `passes[0].options`; '' for the whole. */
    private readonly name = '',
  ) {}

  /** An error at this value, or at `offset`. Throw it. */
  error(message: string, hint?: string, offset = this.node.start): LapidaryError {
    const { line, column } = positionAt(this.text, offset);
    return new LapidaryError('usage', message, { file: this.file, line, column, ...(hint !== undefined && { hint }) });
  }

  /** The value is not of the kind that belongs here. */
  mismatch(wanted: string): LapidaryError {
    const { node } = this;
    const found = node.kind === 'plain' ? JSON.stringify(node.value) : node.kind === 'array' ? 'a list' : 'an object';
    return this.error(`${this.what} is ${wanted}, not ${found}.`);
  }

  /** An object with some of these members and no others. */
  members<T extends object>(members: Members<T>, wanted: string): Partial<T> {
    const { node } = this;
    if (node.kind !== 'object') throw this.mismatch(wanted);
    const seen = new Set<string>();
    const entries = node.members.map(({ key, start, value }) => {
      if (seen.has(key)) throw this.error(`"${key}" is given twice.`, 'Keep one of them.', start);
      seen.add(key);
      if (!Object.hasOwn(members, key)) {
        const known = Object.keys(members).join(', ');
        throw this.error(`${this.what} has no member "${key}".`, `Known: ${known}.`, start);
      }
      return [key, members[key as keyof T](this.child(value, this.name === '' ? key : `${this.name}.${key}`))] as const;
    });
    return Object.fromEntries(entries) as Partial<T>;
  }

  /** An object of any keys. */
  record<T>(read: (cursor: Cursor) => T, wanted: string): Readonly<Record<string, T>> {
    const { node } = this;
    if (node.kind !== 'object') throw this.mismatch(wanted);
    return Object.fromEntries(
      node.members.map(({ key, value }) => [key, read(this.child(value, `${this.name}.${key}`))]),
    );
  }

  /** A list of at least `least` items. */
  list<T>(read: (cursor: Cursor) => T, wanted: string, least = 0): readonly T[] {
    const { node } = this;
    if (node.kind !== 'array') throw this.mismatch(wanted);
    if (node.items.length < least) throw this.error(`${this.what} is empty.`, `It is ${wanted}.`);
    return node.items.map((item, index) => read(this.child(item, `${this.name}[${index}]`)));
  }

  /** A string that is not empty. */
  string(wanted: string): string {
    if (this.node.kind === 'plain' && typeof this.node.value === 'string' && this.node.value !== '') {
      return this.node.value;
    }
    throw this.mismatch(wanted);
  }

  /** True or false. */
  boolean(): boolean {
    if (this.node.kind === 'plain' && typeof this.node.value === 'boolean') return this.node.value;
    throw this.mismatch('true or false');
  }

  /** A number within bounds. */
  number(wanted: string, { least = -Infinity, above = -Infinity, whole = false }: NumberBounds = {}): number {
    const value = this.node.kind === 'plain' ? this.node.value : undefined;
    const isGood =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value >= least &&
      value > above &&
      (!whole || Number.isSafeInteger(value));
    if (isGood) return value;
    throw this.mismatch(wanted);
  }

  /** True for this plain value. */
  is(value: string | number | boolean | null): boolean {
    return this.node.kind === 'plain' && this.node.value === value;
  }

  private get what(): string {
    return this.name === '' ? 'The recipe' : `"${this.name}"`;
  }

  private child(node: JsonNode, name: string): Cursor {
    return new Cursor(this.file, this.text, node, name);
  }
}
