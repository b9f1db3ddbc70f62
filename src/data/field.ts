/**
 * Fields of a description file: each knows its JSON schema and how to check a value, so that the editor's completion
 * and the engine's errors come from one source.
 */
import { LapidaryError } from '../protocol/errors';

/** JSON schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A field: its schema, and a check that returns the value in its type or throws a `data` error that names `at`. */
export interface Field<T> {
  readonly schema: JsonSchema;
  /** What is allowed, for errors: "a number", "\"RGB\" or \"BGR\"". */
  readonly allowed: string;
  parse(value: unknown, at: string): T;
}

/** The type that a field yields. */
export type TypeOf<F> = F extends Field<infer T> ? T : never;

function refuse(field: { readonly allowed: string }, value: unknown, at: string): never {
  throw new LapidaryError('data', `"${at}" is ${field.allowed}, not ${JSON.stringify(value) ?? 'undefined'}.`);
}

/** A string. */
export function text(description: string): Field<string> {
  const field: Field<string> = {
    schema: { type: 'string', description },
    allowed: 'a string',
    parse: (value, at) => (typeof value === 'string' && value !== '' ? value : refuse(field, value, at)),
  };
  return field;
}

/** True or false. */
export function yesNo(description: string): Field<boolean> {
  const field: Field<boolean> = {
    schema: { type: 'boolean', description },
    allowed: 'true or false',
    parse: (value, at) => (typeof value === 'boolean' ? value : refuse(field, value, at)),
  };
  return field;
}

/** A finite number, above zero or whole when asked. */
export function numeric(description: string, rules: { positive?: boolean; whole?: boolean } = {}): Field<number> {
  const { positive = false, whole = false } = rules;
  const field: Field<number> = {
    schema: {
      type: whole ? 'integer' : 'number',
      ...(positive && { exclusiveMinimum: 0 }),
      description,
    },
    allowed: `a ${positive ? 'positive ' : ''}${whole ? 'whole ' : ''}number`,
    parse(value, at) {
      const fine = typeof value === 'number' && Number.isFinite(value);
      if (!fine || (positive && value <= 0) || (whole && !Number.isInteger(value))) refuse(field, value, at);
      return value;
    },
  };
  return field;
}

/** One of a few words. */
export function word<const W extends string>(description: string, words: readonly W[]): Field<W> {
  const field: Field<W> = {
    schema: { enum: words, description },
    allowed: `one of ${words.map((each) => `"${each}"`).join(', ')}`,
    parse: (value, at) => words.find((each) => each === value) ?? refuse(field, value, at),
  };
  return field;
}

/** A list; `length` fixes the number of items. */
export function list<T>(description: string, item: Field<T>, length?: number): Field<readonly T[]> {
  const field: Field<readonly T[]> = {
    schema: {
      type: 'array',
      items: item.schema,
      ...(length === undefined ? { minItems: 1 } : { minItems: length, maxItems: length }),
      description,
    },
    allowed: `a list of ${length ?? 'one or more'} items, each ${item.allowed}`,
    parse(value, at) {
      if (!Array.isArray(value) || value.length === 0 || (length !== undefined && value.length !== length)) {
        refuse(field, value, at);
      }
      return (value as unknown[]).map((each, index) => item.parse(each, `${at}[${index}]`));
    },
  };
  return field;
}

/** The first of several forms that fits, told apart by the JSON type of the value. */
export function either<A, B>(description: string, a: Field<A>, b: Field<B>): Field<A | B> {
  const field: Field<A | B> = {
    schema: { anyOf: [a.schema, b.schema], description },
    allowed: `${a.allowed} or ${b.allowed}`,
    parse(value, at) {
      if (accepts(a.schema, value)) return a.parse(value, at);
      if (accepts(b.schema, value)) return b.parse(value, at);
      return refuse(field, value, at);
    },
  };
  return field;
}

/** An object of known, optional keys; an unknown key is an error, so that a typing mistake does not pass silently. */
export function record<F extends Readonly<Record<string, Field<unknown>>>>(
  description: string,
  fields: F,
): Field<{ readonly [K in keyof F]?: TypeOf<F[K]> }> {
  type Parsed = { readonly [K in keyof F]?: TypeOf<F[K]> };
  const field: Field<Parsed> = {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, each.schema])),
      description,
    },
    allowed: 'an object',
    parse(value, at) {
      if (!isObject(value)) refuse(field, value, at);
      const parsed = Object.entries(value as object).map(([key, each]: [string, unknown]) => {
        const member = fields[key];
        const path = at === '' ? key : `${at}.${key}`;
        if (member) return [key, member.parse(each, path)];
        throw new LapidaryError('data', `Nothing is called "${path}" here; known: ${Object.keys(fields).join(', ')}.`);
      });
      return Object.fromEntries(parsed) as Parsed;
    },
  };
  return field;
}

/** An object whose keys are free and whose values are alike. */
export function dictionary<T>(description: string, item: Field<T>): Field<Readonly<Record<string, T>>> {
  const field: Field<Readonly<Record<string, T>>> = {
    schema: { type: 'object', additionalProperties: item.schema, description },
    allowed: 'an object',
    parse(value, at) {
      if (!isObject(value)) refuse(field, value, at);
      const entries = Object.entries(value as object) as [string, unknown][];
      return Object.fromEntries(entries.map(([key, each]) => [key, item.parse(each, `${at}.${key}`)]));
    },
  };
  return field;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function accepts(schema: JsonSchema, value: unknown): boolean {
  if (Array.isArray(schema.anyOf)) return schema.anyOf.some((each: JsonSchema) => accepts(each, value));
  if (Array.isArray(schema.enum)) return schema.enum.includes(value);
  if (schema.type === 'object') return isObject(value);
  if (schema.type === 'array') return Array.isArray(value);
  return typeof value === (schema.type === 'integer' ? 'number' : schema.type);
}
