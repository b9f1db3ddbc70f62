// The floors of docs/architecture.md, and the few other rules that keep the house tidy, as tests.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(__dirname, '..');

/** Path from the repository's root, with slashes -> contents. */
type Sources = ReadonlyMap<string, string>;

interface Import {
  /** A file of ours without its extension, as a path from the root; or the name of a package. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly isTypeOnly: boolean;
}

/** What a file of a place may import, as regular expressions over paths from src/. The first match counts. */
const declarations = ['pass/(declaration|option)$', 'passes/(declarations|presets)$', 'passes/[^/]+/declaration$'];
const floor0 = ['protocol/', 'onnx/', 'numerics/', 'report/'];
const floor1 = [...floor0, 'graph/'];
const floor2 = [...floor1, 'operators/', 'runtime/', 'data/'];
const floor3 = [...floor2, 'profile/', 'pass/'];
const floor4 = [...floor3, 'passes/', 'recipe/', 'manifest/'];
const floors: readonly (readonly [place: string, mayImport: readonly string[]])[] = [
  ['protocol/', []],
  ['(onnx|numerics|report)/', ['protocol/']],
  ['graph/(toOnnx|fromOnnx)', ['protocol/', 'numerics/', 'onnx/']],
  ['graph/', ['protocol/', 'numerics/']],
  ['data/', [...floor1, 'runtime/(port|randomFeeds)$']],
  ['(operators|runtime)/', floor1],
  ['pass/(declaration|option)$', []],
  ['(profile|pass)/', floor2],
  ['passes/', floor3],
  ['(recipe|manifest)/', ['protocol/', ...declarations]],
  ['jobs/', floor4],
  ['(worker|cli)/', ['jobs/', 'protocol/', 'report/', 'recipe/', 'runtime/ort$', ...declarations]],
  ['host/', ['protocol/', 'report/', 'recipe/', 'manifest/', ...declarations]],
];

const matches = (file: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => new RegExp(`^${pattern}`).test(file));
const folderOf = (file: string): string => file.slice(0, file.indexOf('/'));
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file);

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string, text: string): ts.SourceFile {
  const known = parsed.get(text);
  if (known) return known;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  parsed.set(text, source);
  return source;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name || !named || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** Every import, re-export, import() and require() of a file. */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const isOurs = specifier.text.startsWith('.');
    const target = isOurs ? path.posix.join(path.posix.dirname(file), specifier.text) : specifier.text;
    found.push({ target: target.replace(/\.(js|tsx?)$/, ''), isOurs, isTypeOnly: typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(parse(file, text));
  return found;
}

/** What one import breaks, or undefined. */
function brokenFloor(file: string, { target, isOurs, isTypeOnly: typeOnly }: Import): string | undefined {
  if (!isOurs) {
    if (target === 'vscode' && !file.startsWith('src/host/') && !file.startsWith('test/'))
      return 'only src/host imports vscode';
    const isRuntime = /^onnxruntime-node(\/|$)/.test(target);
    if (isRuntime && file !== 'src/runtime/ort.ts' && !file.startsWith('bench/'))
      return 'only src/runtime/ort.ts imports it';
    return undefined;
  }
  if (file.startsWith('webview/') && !target.startsWith('webview/')) {
    if (target.startsWith('src/report/')) return undefined;
    if (target.startsWith('src/protocol/')) return typeOnly ? undefined : 'a page imports only types from src/protocol';
    return 'a page imports from src/protocol (types) and src/report only';
  }
  if (!file.startsWith('src/')) return undefined;
  if (file.startsWith('src/cli/') && target === 'package.json') return undefined; // the version
  if (!target.startsWith('src/')) return 'src imports only from src';
  const [from, to] = [file.slice('src/'.length).replace(/\.tsx?$/, ''), target.slice('src/'.length)];
  if (folderOf(from) === folderOf(to)) {
    const isDeclaration = matches(from, declarations);
    return isDeclaration && !matches(to, declarations) ? 'a declaration imports declarations only' : undefined;
  }
  const floor = floors.find(([place]) => matches(from, [place]));
  if (!floor) return `src/${folderOf(from)} is on no floor`;
  return matches(to, floor[1]) ? undefined : `src/${folderOf(from)} may not import it`;
}

function brokenFloors(sources: Sources): string[] {
  const broken: string[] = [];
  for (const [file, text] of sources) {
    if (isTest(file)) continue; // a test may look into any room
    for (const each of importsOf(file, text)) {
      const why = brokenFloor(file, each);
      if (why) broken.push(`${file} imports ${each.target}: ${why}`);
    }
  }
  return broken;
}

/** Each cycle of imports that remain at run time, as a chain of files. */
function importCycles(sources: Sources): string[] {
  const places = [...sources.keys()];
  const byModule = new Map(places.flatMap((file) => moduleNames(file).map((name) => [name, file] as const)));
  const edges = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const targets = importsOf(file, text).filter((each) => each.isOurs && !each.isTypeOnly);
    edges.set(
      file,
      targets.flatMap(({ target }) => byModule.get(target) ?? []),
    );
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, chain: readonly string[]): void => {
    const seenAt = chain.indexOf(file);
    if (seenAt >= 0) cycles.push([...chain.slice(seenAt), file].join(' -> '));
    if (seenAt >= 0 || done.has(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...chain, file]);
    done.add(file);
  };
  for (const file of places) walk(file, []);
  return cycles;
}

function moduleNames(file: string): string[] {
  const bare = file.replace(/\.tsx?$/, '');
  return bare.endsWith('/index') ? [bare, bare.slice(0, -'/index'.length)] : [bare];
}

const maxLines = 300;

function tooLong(sources: Sources): string[] {
  const lines = (text: string): number => text.trimEnd().split('\n').length;
  return [...sources]
    .filter(([, text]) => lines(text) > maxLines)
    .map(([file, text]) => `${file}: ${lines(text)} lines`);
}

function anyTypes(sources: Sources): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    const visit = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${file}: any at character ${node.getStart()}`);
      ts.forEachChild(node, visit);
    };
    visit(parse(file, text));
  }
  return found;
}

function readSources(names = /\.(tsx?|mjs|cjs)$/): Sources {
  const sources = new Map<string, string>();
  for (const folder of ['src', 'webview', 'scripts', 'bench', 'test']) {
    if (!fs.existsSync(path.join(root, folder))) continue;
    for (const name of fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      const file = path.posix.join(folder, name.replaceAll(path.sep, '/'));
      // The schema is generated.
      if (!names.test(file) || file.startsWith('src/onnx/schema/')) continue;
      sources.set(file, fs.readFileSync(path.join(root, file), 'utf8'));
    }
  }
  return sources;
}

describe('architecture', () => {
  const sources = readSources();

  it('keeps every import on a lower floor', () => assert.deepEqual(brokenFloors(sources), []));
  it('has no import cycles', () => assert.deepEqual(importCycles(sources), []));
  it(`has no file over ${maxLines} lines`, () => assert.deepEqual(tooLong(readSources(/\.(tsx?|mjs|cjs|css)$/)), []));
  it('has no any', () => assert.deepEqual(anyTypes(sources), []));

  it('notices what it forbids', () => {
    const wrong = new Map([
      ['src/graph/node.ts', "import { read } from '../onnx/reader';"],
      ['src/graph/toOnnx.ts', "import { write } from '../onnx/writer'; import type { Pass } from '../pass/pass';"],
      ['src/host/activate.ts', "import { Graph } from '../graph/graph'; import * as vscode from 'vscode';"],
      ['src/jobs/inspect.ts', "import 'vscode'; export * from '../worker/main';"],
      ['src/pass/option.ts', "import { type Model } from '../graph/model';"],
      ['src/runtime/other.ts', "const ort = await import('onnxruntime-node');"],
      ['src/attic/box.ts', "import { Graph } from '../graph/graph';"],
      ['webview/result/main.tsx', "import { LapidaryError } from '../../src/protocol/errors';"],
    ]);
    assert.deepEqual(
      brokenFloors(wrong).map((text) => text.split(':')[0]),
      [
        'src/graph/node.ts imports src/onnx/reader',
        'src/graph/toOnnx.ts imports src/pass/pass',
        'src/host/activate.ts imports src/graph/graph',
        'src/jobs/inspect.ts imports vscode',
        'src/jobs/inspect.ts imports src/worker/main',
        'src/pass/option.ts imports src/graph/model',
        'src/runtime/other.ts imports onnxruntime-node',
        'src/attic/box.ts imports src/graph/graph',
        'webview/result/main.tsx imports src/protocol/errors',
      ],
    );
    const knot = new Map([
      ['src/graph/a.ts', "import { b } from './b';"],
      ['src/graph/b.ts', "import type { a } from './a'; import { c } from './c';"],
      ['src/graph/c.ts', "import { a } from './a';"],
    ]);
    assert.deepEqual(importCycles(knot), ['src/graph/a.ts -> src/graph/b.ts -> src/graph/c.ts -> src/graph/a.ts']);
    assert.equal(tooLong(new Map([['src/graph/long.ts', 'x;\n'.repeat(maxLines + 1)]])).length, 1);
    assert.equal(anyTypes(new Map([['src/graph/loose.ts', 'let loose: any;']])).length, 1);
  });
});
