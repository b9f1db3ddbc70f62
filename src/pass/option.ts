/**
 * Options of passes: one declaration gives the command-line flag, the setting, the quick-pick step, the recipe schema
 * and the exact TypeScript type. Imports nothing, so that every front end may read declarations.
 */

interface OptionBase {
  /** Short label, sentence case. */
  readonly title: string;
  /** One or two sentences that tell a person how to choose. */
  readonly help: string;
  /** Asked in the quick pick only when the person wants all options. */
  readonly advanced?: boolean;
}

/** One of a few named choices. */
export interface ChoiceOption<C extends string = string> extends OptionBase {
  readonly kind: 'choice';
  readonly choices: Readonly<Record<C, string>>;
  readonly default: NoInfer<C>;
}

/** A number within bounds. */
export interface NumberOption extends OptionBase {
  readonly kind: 'number';
  readonly default: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly integer?: boolean;
  /** Unit shown to a person, such as `dB` or `%`. */
  readonly unit?: string;
  /** When given, only these values are valid. */
  readonly oneOf?: readonly number[];
}

/** Yes or no. */
export interface FlagOption extends OptionBase {
  readonly kind: 'flag';
  readonly default: boolean;
}

/** Names of nodes or tensors, `*` and `?` as wildcards; several separated by commas on the command line. */
export interface NamesOption extends OptionBase {
  readonly kind: 'names';
  readonly default: readonly string[];
}

/** Any option. */
export type Option = ChoiceOption | NumberOption | FlagOption | NamesOption;

/** Options of a pass by their id (camelCase; the flag is its kebab-case). */
export type Options = Readonly<Record<string, Option>>;

/** The type of the value of an option. */
export type ValueOf<O extends Option> =
  O extends ChoiceOption<infer C>
    ? C
    : O extends NumberOption
      ? number
      : O extends FlagOption
        ? boolean
        : readonly string[];

/** The exact type of a set of option values. */
export type ValuesOf<T extends Options> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** Declares a choice; keeps the names of the choices in the type. */
export const choice = <const C extends string>(option: Omit<ChoiceOption<C>, 'kind'>): ChoiceOption<C> => ({
  kind: 'choice',
  ...option,
});

/** Declares a number. */
export const number = (option: Omit<NumberOption, 'kind'>): NumberOption => ({ kind: 'number', ...option });

/** Declares a flag. */
export const flag = (option: Omit<FlagOption, 'kind'>): FlagOption => ({ kind: 'flag', ...option });

/** Declares a list of name patterns. */
export const names = (option: Omit<NamesOption, 'kind'>): NamesOption => ({ kind: 'names', ...option });

/** The option every pass that touches layers shares: names to leave alone. */
export const excludeOption = names({
  title: 'Exclude',
  help: 'Names of nodes to leave as they are; * and ? are wildcards, ! before a name takes it out again: "*" and "!head" leave all but head.',
  default: [],
  advanced: true,
});

/** The option of passes that leave some things to chance. */
export const seedOption = number({
  title: 'Seed',
  help: 'For importance by chance.',
  default: 0,
  minimum: 0,
  integer: true,
  advanced: true,
});

/** The option of passes that look at the values of a few samples: `help` says what for. */
export const samplesOption = (help: string, fallback: number): NumberOption =>
  number({ title: 'Samples', help, default: fallback, minimum: 1, integer: true, advanced: true });

/** The option of structural passes, after which the layers that are left can be refitted. */
export const recoverOption = flag({
  title: 'Recover afterwards',
  help: 'With data, the layers that are left are refitted to the outputs of the original.',
  default: true,
  advanced: true,
});

/** `bitsPerWeight` to `bits-per-weight`, for the command line. */
export const flagName = (id: string): string => id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** True when `name` matches one of the patterns, and none of those after it that begin with "!" and take names out again. */
export function matchesName(name: string, patterns: readonly string[]): boolean {
  let matches = false;
  for (const pattern of patterns) {
    const isException = pattern.startsWith('!');
    // Only what would change the answer has to be looked at.
    if (matches === isException && matchesPattern(name, isException ? pattern.slice(1) : pattern)) matches = !matches;
  }
  return matches;
}

function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  // Names may hold line ends, which a wildcard stands for as well.
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Checks one value and returns it in its exact type; the error says what is allowed. */
export function parseOptionValue(
  id: string,
  option: Option,
  value: unknown,
): string | number | boolean | readonly string[] {
  switch (option.kind) {
    case 'choice':
      if (typeof value === 'string' && Object.hasOwn(option.choices, value)) return value;
      throw new OptionError(`Option "${id}" is one of ${Object.keys(option.choices).join(', ')}, not ${show(value)}.`);
    case 'number':
      return parseNumber(id, option, value);
    case 'flag':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      throw new OptionError(`Option "${id}" is true or false, not ${show(value)}.`);
    case 'names': {
      const list = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
      if (Array.isArray(list) && list.every((item): item is string => typeof item === 'string')) {
        return list.filter((item) => item !== '');
      }
      throw new OptionError(`Option "${id}" is a list of names, not ${show(value)}.`);
    }
  }
}

/** Fills in defaults and checks everything that was given; unknown options are errors. */
export function parseOptions<T extends Options>(options: T, given: Readonly<Record<string, unknown>>): ValuesOf<T> {
  for (const id of Object.keys(given)) {
    if (!Object.hasOwn(options, id)) {
      const known = Object.keys(options).join(', ') || 'none';
      throw new OptionError(`There is no option "${id}" here; known: ${known}.`);
    }
  }
  const entries = Object.entries(options).map(([id, option]) => {
    const value = given[id];
    return [id, value === undefined ? option.default : parseOptionValue(id, option, value)];
  });
  return Object.fromEntries(entries) as ValuesOf<T>;
}

/** An option that cannot be taken; front ends turn it into a usage error. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

function parseNumber(id: string, option: NumberOption, value: unknown): number {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const { minimum = -Infinity, maximum = Infinity, oneOf } = option;
  const valid =
    typeof parsed === 'number' &&
    Number.isFinite(parsed) &&
    parsed >= minimum &&
    parsed <= maximum &&
    (!option.integer || Number.isInteger(parsed)) &&
    (!oneOf || oneOf.includes(parsed));
  if (valid) return parsed;
  const allowed = oneOf
    ? `one of ${oneOf.join(', ')}`
    : `${option.integer ? 'a whole number' : 'a number'}${boundsText(option)}`;
  throw new OptionError(`Option "${id}" is ${allowed}, not ${show(value)}.`);
}

function boundsText({ minimum, maximum }: NumberOption): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
