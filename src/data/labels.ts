/** Classes of samples: from a file, from folders, or from the samples' names. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { classNumbers } from './arrays';
import { classesOf } from './classes';
import { type LabelsDescription } from './description';
import { parseDelimited } from './delimited';
import { npyFile, openNpy } from './npy';

/** Classes in the order of the samples. */
export interface Labels {
  readonly classes: readonly number[];
  /** "10 folders", "labels.tsv". */
  readonly from: string;
  /** Number of classes, when the source tells (folders do). */
  readonly count?: number;
}

/** Labels of samples with these names; throws a `data` error that names the first sample without one. */
export function readLabels(source: LabelsDescription, names: readonly string[]): Labels | undefined {
  if (source === 'none') return undefined;
  if (source === 'folders') {
    const labels = folderLabels(names);
    if (labels) return labels;
    throw new LapidaryError('data', 'The samples do not lie in one folder per class.');
  }
  if (typeof source !== 'string') return patternLabels(source, names);
  const from = path.basename(source);
  const listed = readList(source);
  if (Array.isArray(listed)) {
    if (listed.length === names.length) return { classes: listed as number[], from };
    throw new LapidaryError('data', `${source} has ${listed.length} labels for ${names.length} samples.`);
  }
  const table = listed as ReadonlyMap<string, number>;
  return { classes: lookUp(names, (name) => find(table, name), source), from };
}

/** Class folders: every sample lies in a folder of its class, classes in alphabetical order. */
export function folderLabels(names: readonly string[]): Labels | undefined {
  const folders = names.map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined));
  const known = [...new Set(folders)].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1));
  if (known.length < 2 || known.includes(undefined)) return undefined;
  return {
    classes: folders.map((folder) => known.indexOf(folder)),
    from: `${known.length} folders`,
    count: known.length,
  };
}

function patternLabels(source: Exclude<LabelsDescription, string>, names: readonly string[]): Labels {
  const { pattern, classes } = source;
  if (pattern === undefined) throw new LapidaryError('data', '"labels" needs a "pattern".');
  const expression = compile(pattern);
  const groups = names.map((name) => {
    const found = expression.exec(path.posix.basename(name));
    return found?.[1] ?? found?.[0];
  });
  const list = typeof classes === 'string' ? [...readClassNames(classes)] : (classes ?? distinct(groups)).map(entry);
  const index = new Map<string, number>();
  const classOf = (group: string): number | undefined => {
    const known = index.get(group) ?? list.find(([, name]) => startsWithWord(name, group))?.[0];
    if (known !== undefined) index.set(group, known);
    return known;
  };
  const found = lookUp(names, (_, at) => (groups[at] === undefined ? undefined : classOf(groups[at])), `"${pattern}"`);
  return { classes: found, from: 'names of the samples', count: list.length };
}

const entry = (name: string, index: number): [number, string] => [index, name];

const distinct = (groups: readonly (string | undefined)[]): string[] =>
  [...new Set(groups.filter((group) => group !== undefined))].sort();

const startsWithWord = (name: string, word: string): boolean =>
  name === word || (name.startsWith(word) && !/[A-Za-z0-9]/.test(name[word.length] ?? ''));

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (thrown) {
    throw LapidaryError.from(thrown, 'data', { hint: 'Mend "labels.pattern".' });
  }
}

function lookUp(
  names: readonly string[],
  classOf: (name: string, index: number) => number | undefined,
  source: string,
): number[] {
  const classes = names.map(classOf);
  const missing = names.filter((_, index) => classes[index] === undefined);
  if (missing.length === 0) return classes as number[];
  throw new LapidaryError('data', `${source} gives ${missing.length} of ${names.length} samples no label.`, {
    hint: `The first is ${missing[0]}.`,
  });
}

/** A name as it stands, without its folder, without its extension, or the word it starts with (an ImageNet synset). */
function find(table: ReadonlyMap<string, number>, name: string): number | undefined {
  const base = path.posix.basename(name);
  const stem = base.slice(0, base.length - path.extname(base).length);
  return [name, base, stem, firstWord(base)].map((key) => table.get(key)).find((value) => value !== undefined);
}

const firstWord = (name: string): string => /^[A-Za-z0-9]+/.exec(name)?.[0] ?? name;

/** Labels in a file: in the order of the samples, or by name. */
function readList(file: string): readonly number[] | ReadonlyMap<string, number> {
  if (file.endsWith('.npy')) return classNumbers(openNpy(npyFile(file)));
  if (file.endsWith('.json')) {
    const value: unknown = parseJson(file);
    if (Array.isArray(value)) return classesOf(value.map(String));
    const entries = Object.entries(value as Record<string, unknown>);
    const classes = classesOf(entries.map(([, each]) => String(each)));
    return byName(entries.map(([name], index) => [name, classes[index]!]));
  }
  const rows = parseDelimited(readText(file));
  if (rows.every((row) => row.length === 1)) return classesOf(rows.map(([cell]) => cell ?? ''));
  return byName(readPairs(rows));
}

/** Lines of name and class, or of class and name when only the first column is numbers. */
function readPairs(rows: readonly (readonly string[])[]): [string, number][] {
  const column = (at: number) => rows.map((row) => (row[at] ?? '').trim());
  const isClass = (cells: readonly string[]) => cells.every((cell) => /^\d+$/.test(cell));
  const [first, second] = [column(0), column(1)];
  if (isClass(first) && !isClass(second)) return second.map((name, index) => [name, Number(first[index])]);
  const titled = !isClass(second) && isClass(second.slice(1)) && second.length > 1;
  const [names, words] = titled ? [first.slice(1), second.slice(1)] : [first, second];
  const classes = classesOf(words);
  return names.map((name, index) => [name, classes[index]!]);
}

/** Names as written; also their first word, as long as it means one class only. */
function byName(pairs: readonly (readonly [string, number])[]): Map<string, number> {
  const words = new Map<string, number | undefined>();
  for (const [name, value] of pairs) {
    const word = firstWord(path.posix.basename(name));
    words.set(word, words.has(word) && words.get(word) !== value ? undefined : value);
  }
  const table = new Map<string, number>();
  for (const [word, value] of words) if (value !== undefined) table.set(word, value);
  for (const [name, value] of pairs) table.set(name, value);
  return table;
}

/** Classes by index from a file of lines "index<tab>name". */
function readClassNames(file: string): [number, string][] {
  return parseDelimited(readText(file)).map((row, line) =>
    row.length > 1 && /^\d+$/.test(row[0]!.trim()) ? [Number(row[0]), row[1]!.trim()] : [line, row[0]!.trim()],
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new LapidaryError('data', `Could not read the labels in ${file}.`, {}, { cause: thrown });
  }
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (thrown) {
    throw LapidaryError.from(thrown, 'data', { hint: `Mend the labels in ${file}.` });
  }
}
