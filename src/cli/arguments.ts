/** Command-line arguments: declared flags in, typed values out. Knows no command. */
import { LapidaryError } from '../protocol/errors';
import { suggest } from './suggest';

/** A flag that a command understands. */
export interface Flag {
  /** Without dashes: "external-data". */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Placeholder of its value in the help; absent for a flag that takes none. */
  readonly value?: string;
  readonly help: string;
  /** Yes-or-no flags that are on by default are told off with --no-NAME. */
  readonly negatable?: boolean;
  /** May be given several times. */
  readonly repeated?: boolean;
  /** Shown apart, below the common ones. */
  readonly advanced?: boolean;
}

/** What was typed. */
export interface Arguments {
  readonly positional: readonly string[];
  /** Values of the flags that were given, in order; "true" and "false" for those without a value. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** Sorts arguments into flags and the rest; throws `usage`, with what was meant, for an unknown flag or a missing value. */
export function parseArguments(given: readonly string[], flags: readonly Flag[]): Arguments {
  const positional: string[] = [];
  const values = new Map<string, string[]>();
  const rest = [...given];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positional.push(...rest);
      break;
    }
    if (!/^-./.test(word) || /^-\d/.test(word)) {
      positional.push(word);
      continue;
    }
    const { flag, inline, off } = findFlag(word, flags);
    const value = valueOf(flag, word, inline, off, rest);
    const before = values.get(flag.name);
    if (before && !flag.repeated && flag.value !== undefined) {
      throw new LapidaryError('usage', `--${flag.name} was given twice.`);
    }
    values.set(flag.name, flag.repeated && before ? [...before, value] : [value]);
  }
  return { positional, values };
}

function findFlag(word: string, flags: readonly Flag[]): { flag: Flag; inline?: string; off: boolean } {
  const [, dashes = '', name = '', , inline] = /^(--?)([^=]+)(=([^]*))?$/.exec(word) ?? [];
  const plain = flags.find((flag) => (dashes === '--' ? flag.name === name : flag.short === name));
  if (plain) return { flag: plain, off: false, ...(inline !== undefined && { inline }) };
  const negated = dashes === '--' && name.startsWith('no-') ? name.slice(3) : undefined;
  const off = flags.find((flag) => flag.negatable && flag.name === negated);
  if (off) return { flag: off, off: true, ...(inline !== undefined && { inline }) };
  const known = flags.flatMap((flag) => [flag.name, ...(flag.negatable ? [`no-${flag.name}`] : [])]);
  const meant = suggest(name, known);
  throw new LapidaryError('usage', `There is no flag ${word.split('=')[0]} here.`, {
    hint: meant ? `Did you mean --${meant}?` : 'See --help.',
  });
}

function valueOf(flag: Flag, word: string, inline: string | undefined, off: boolean, rest: string[]): string {
  if (flag.value === undefined) {
    if (inline === undefined) return off ? 'false' : 'true';
    if (!off && (inline === 'true' || inline === 'false')) return inline;
    throw new LapidaryError('usage', `${word.split('=')[0]} takes no value.`);
  }
  const value = inline ?? rest.shift();
  if (value !== undefined) return value;
  throw new LapidaryError('usage', `${word} needs a value: ${flag.value}.`);
}

/** The value of a flag that was given. */
export function textOf(args: Arguments, name: string): string | undefined {
  return args.values.get(name)?.at(-1);
}

/** Whether a yes-or-no flag is on. */
export function isOn(args: Arguments, name: string, fallback = false): boolean {
  const value = textOf(args, name);
  return value === undefined ? fallback : value === 'true';
}

/** A whole number that is not negative; throws `usage`. */
export function countOf(args: Arguments, name: string): number | undefined {
  const text = textOf(args, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new LapidaryError('usage', `--${name} is a whole number, not "${text}".`);
}
