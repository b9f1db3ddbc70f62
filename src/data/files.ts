/** Finding the files of a data set. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { imageExtensions } from './image/decode';

/** What a file holds, by its extension. */
export type FileKind = 'image' | 'npy' | 'npz' | 'csv' | 'json' | 'wav';

const kinds: Readonly<Record<string, FileKind>> = {
  ...Object.fromEntries(imageExtensions.map((extension) => [extension, 'image' as const])),
  '.npy': 'npy',
  '.npz': 'npz',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.wav': 'wav',
};

/** Files of one kind, with the folder that their names are relative to. */
export interface FileList {
  readonly kind: FileKind;
  readonly root: string;
  /** Relative to `root`, '/' between folders; a folder's are in alphabetical order. */
  readonly names: readonly string[];
  /** True when a folder was given rather than files. */
  readonly folder: boolean;
}

/** The files behind a folder, a file or several files; throws a `data` error that says what is missing. */
export function listFiles(source: string | readonly string[]): FileList {
  const sources = typeof source === 'string' ? [source] : source;
  if (sources.length === 1 && isFolder(sources[0]!)) return listFolder(sources[0]!);
  const root = sources.length === 1 ? path.dirname(sources[0]!) : commonRoot(sources);
  const names = sources.map((file) => {
    if (isFolder(file)) throw new LapidaryError('data', `${file} is a folder; give one folder, or files only.`);
    return slashed(path.relative(root, file));
  });
  return { kind: oneKind(names, sources.join(', ')), root, names, folder: false };
}

function listFolder(root: string): FileList {
  const names: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path.join(root, name)))) walk(name);
      else if (inFolders.has(kindOf(name))) names.push(name);
    }
  };
  walk('');
  if (names.length === 0) {
    throw new LapidaryError('data', `There are no samples in ${root}.`, {
      hint: `A folder may hold ${[...imageExtensions, '.npy', '.npz', '.wav'].join(', ')} files.`,
    });
  }
  // By code unit, whatever the locale: the same split everywhere.
  names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { kind: oneKind(names, root), root, names, folder: true };
}

/** Tables and descriptions lie beside samples in many folders; only these are samples. */
const inFolders: ReadonlySet<FileKind | undefined> = new Set<FileKind>(['image', 'npy', 'npz', 'wav']);

const kindOf = (name: string): FileKind | undefined => kinds[path.extname(name).toLowerCase()];

function oneKind(names: readonly string[], where: string): FileKind {
  const found = new Set(names.map((name) => kindOf(name) ?? path.extname(name)));
  const [kind] = found;
  if (found.size > 1) {
    throw new LapidaryError('data', `${where} mixes kinds of files: ${[...found].join(', ')}.`, {
      hint: 'Give files of one kind, or describe the inputs in a *.data.json.',
    });
  }
  if (kind !== undefined && isKind(kind)) return kind;
  throw new LapidaryError('data', `${where} is not data of a known kind.`, {
    hint: `Known: folders, ${Object.keys(kinds).join(', ')}, *.data.json, and "random".`,
  });
}

const isKind = (word: string): word is FileKind => Object.values(kinds).some((kind) => kind === word);

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch (thrown) {
    throw new LapidaryError('data', `There is no ${file}.`, {}, { cause: thrown });
  }
}

function commonRoot(files: readonly string[]): string {
  const folders = files.map((file) => path.resolve(path.dirname(file)).split(path.sep));
  const [first = []] = folders;
  const shared = first.findIndex((part, depth) => folders.some((other) => other[depth] !== part));
  return (shared < 0 ? first : first.slice(0, shared)).join(path.sep) || path.sep;
}

const slashed = (name: string): string => name.split(path.sep).join('/');
