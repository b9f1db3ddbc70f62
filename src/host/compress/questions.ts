/** What to ask for a pass, made from its declaration. Knows no vscode. */
import { type PassDeclaration } from '../../pass/declaration';
import { type ChoiceOption, type Option, type NumberOption, OptionError, parseOptionValue } from '../../pass/option';
import { significant } from '../../report/format';

/** One step: an option of its own, or the yes/no options together as a list to tick. */
export type Question =
  | { readonly kind: 'one'; readonly id: string; readonly option: ChoiceOption | NumberOption }
  | { readonly kind: 'text'; readonly id: string; readonly option: Option }
  | { readonly kind: 'flags'; readonly ids: readonly string[] };

/** Values of options by id. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** The steps for the options that everybody is asked; what leaves no choice is not asked. */
export function questionsOf(declaration: PassDeclaration): readonly Question[] {
  const plain = Object.entries(declaration.options).filter(([, option]) => !option.advanced);
  const flags = plain.filter(([, option]) => option.kind === 'flag').map(([id]) => id);
  const others = plain.filter(([, option]) => option.kind !== 'flag' && hasChoice(option));
  const steps = others.map(([id, option]) => questionOf(id, option));
  return flags.length > 0 ? [...steps, { kind: 'flags', ids: flags }] : steps;
}

/** The step for a single option. */
export function questionOf(id: string, option: Option): Question {
  switch (option.kind) {
    case 'choice':
      return { kind: 'one', id, option };
    case 'number':
      return option.oneOf ? { kind: 'one', id, option } : { kind: 'text', id, option };
    case 'names':
      return { kind: 'text', id, option };
    case 'flag':
      return { kind: 'flags', ids: [id] };
  }
}

/** False for an option that has a single valid value. */
export function hasChoice(option: Option): boolean {
  if (option.kind === 'choice') return Object.keys(option.choices).length > 1;
  return !(option.kind === 'number' && option.oneOf?.length === 1);
}

/** The values to choose from, with how they read. */
export function alternatives(option: ChoiceOption | NumberOption): readonly { value: unknown; label: string }[] {
  if (option.kind === 'choice') return Object.entries(option.choices).map(([value, label]) => ({ value, label }));
  return (option.oneOf ?? []).map((value) => ({ value, label: withUnit(String(value), option) }));
}

/** A value as a person reads it. */
export function valueText(option: Option, value: unknown, words: { yes: string; no: string; none: string }): string {
  switch (option.kind) {
    case 'choice':
      return option.choices[String(value)] ?? String(value);
    case 'flag':
      return value === true ? words.yes : words.no;
    case 'number':
      return withUnit(typeof value === 'number' ? trimmed(value) : String(value), option);
    case 'names':
      return Array.isArray(value) && value.length > 0 ? value.join(', ') : words.none;
  }
}

/** The text of a value in an input box. */
export function editText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** What is wrong with a text that was typed for an option, or nothing. */
export function checkText(id: string, option: Option, text: string): string | undefined {
  try {
    parseOptionValue(id, option, text);
    return undefined;
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
}

/** The values that settings give; one that is not valid is told to `reject` and its default taken. */
export function startValues(
  declaration: PassDeclaration,
  setting: (id: string) => unknown,
  reject: (message: string) => void,
): OptionValues {
  const entries = Object.entries(declaration.options).map(([id, option]): [string, unknown] => {
    const given = setting(id);
    if (given === undefined || given === null) return [id, option.default];
    try {
      return [id, parseOptionValue(id, option, given)];
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      reject(error.message);
      return [id, option.default];
    }
  });
  return Object.fromEntries(entries);
}

/** 0.30000000000000004 reads as 0.3, and 12345678 stays what it is. */
const trimmed = (value: number): string =>
  Number.isInteger(value) ? String(value) : significant(value).replace(/0+$/, '');

const withUnit = (text: string, { unit }: NumberOption): string => (unit ? `${text} ${unit}` : text);
