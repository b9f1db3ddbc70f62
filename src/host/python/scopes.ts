/**
 * Layers of older exports, which carry name scopes only ("layers/0/conv1"): the scopes form a tree of modules, each is
 * one of the file's classes if that class sets all the attributes that the scope has children, and a layer belongs to
 * the line of the class that calls the attribute. Where two classes fit equally, nothing is shown.
 */
import { type SourceLayer, type SourcesReport } from '../../protocol/sources';
import { type PythonClass, type PythonMethod, type PythonText, usesOf } from './pythonText';

/** A module of the network, by its path. */
interface Scope {
  readonly name: string;
  readonly children: Map<string, Scope>;
  /** Layers that are in this module itself. */
  readonly layers: number[];
}

/** The line (from 0) of each layer whose module is written in this file, by the layer's index. */
export function layersByScope(report: SourcesReport, python: PythonText): Map<number, number> {
  const found = new Map<number, number>();
  const { layers } = report;
  if (layers.every(({ scope }) => scope === '')) return found;
  // The same at every version of the text: a large model in the folder must not be felt at every key.
  let root = trees.get(report);
  if (!root) trees.set(report, (root = scopeTree(layers)));
  place(root, classOf(root, python, undefined), python, { layers, found });
  return found;
}

const trees = new WeakMap<SourcesReport, Scope>();

interface Placing {
  readonly layers: readonly SourceLayer[];
  readonly found: Map<number, number>;
}

function scopeTree(layers: readonly SourceLayer[]): Scope {
  const root: Scope = { name: '', children: new Map(), layers: [] };
  for (const [index, { scope }] of layers.entries()) {
    let current = root;
    for (const part of scope.split('/').filter(Boolean)) {
      let child = current.children.get(part);
      if (!child) current.children.set(part, (child = { name: part, children: new Map(), layers: [] }));
      current = child;
    }
    current.layers.push(index);
  }
  return root;
}

/** Puts the layers of a module, and of the modules in it, on their lines. */
function place(scope: Scope, owner: PythonClass | undefined, python: PythonText, placing: Placing): void {
  if (owner) {
    const forward = owner.methods.find(({ name }) => name === 'forward');
    if (forward) placeOperators(scope.layers, forward, python, placing);
  }
  for (const child of scope.children.values()) {
    const line = owner && lineOfAttribute(python, owner, attributeOf(child.name));
    if (line !== undefined) for (const layer of layersWithin(child)) placing.found.set(layer, line);
    // What is inside may be a class of this file as well: its own lines say more.
    place(child, classOf(child, python, owner), python, placing);
  }
}

/** "blocks.0" of a list is its attribute "blocks"; "conv1_1" is the second call of "conv1". */
const attributeOf = (name: string): string => name.split('.')[0]!;

function lineOfAttribute(python: PythonText, owner: PythonClass, name: string): number | undefined {
  const attribute = owner.attributes.has(name) ? name : name.replace(/_\d+$/, '');
  const uses = usesOf(python, owner, attribute);
  const repetition = attribute === name ? 0 : Number(/\d+$/.exec(name)![0]);
  return uses[Math.min(repetition, uses.length - 1)] ?? owner.attributes.get(attribute);
}

function* layersWithin({ layers, children }: Scope): Iterable<number> {
  yield* layers;
  for (const child of children.values()) yield* layersWithin(child);
}

/** The class of a module: the one that sets all its children, and by choice one that the parent's class mentions. */
function classOf(scope: Scope, python: PythonText, parent: PythonClass | undefined): PythonClass | undefined {
  const names = [...scope.children.keys()].map(attributeOf).filter((name) => !/^\d+$/.test(name));
  if (names.length === 0) return undefined;
  // One common name ("conv") inside a module of somebody else's file proves nothing.
  if (!parent && scope.name !== '' && names.length < 2) return undefined;
  const has = ({ attributes }: PythonClass, name: string): boolean =>
    attributes.has(name) || attributes.has(name.replace(/_\d+$/, ''));
  const fitting = python.classes.filter((each) => names.every((name) => has(each, name)));
  const mentioned = parent ? fitting.filter(({ name }) => mentions(python, parent, name)) : [];
  const candidates = mentioned.length > 0 ? mentioned : fitting;
  const most = Math.max(...candidates.map(({ attributes }) => names.length / attributes.size));
  const best = candidates.filter(({ attributes }) => names.length / attributes.size === most);
  return best.length === 1 ? best[0] : undefined;
}

function mentions({ lines }: PythonText, { line, end }: PythonClass, name: string): boolean {
  const call = new RegExp(`\\b${name}\\s*\\(`);
  return lines.slice(line + 1, end).some((each) => call.test(each));
}

/** What operators that belong to no module look like in a program. */
const spellings: Readonly<Record<string, RegExp>> = {
  MatMul: /@|\bmatmul\(|\bbmm\(|\beinsum\(/g,
  Softmax: /softmax\(/g,
  Concat: /\bcat\(|\bconcat\(/g,
  Relu: /relu\(/g,
  Einsum: /\beinsum\(/g,
};

/**
 * Operators that a method calls by itself: on the lines that can have made them, in order, where there are as many;
 * else on the method's first line.
 */
function placeOperators(
  own: readonly number[],
  method: PythonMethod,
  { lines }: PythonText,
  { layers, found }: Placing,
): void {
  const kinds = new Map<string, number[]>();
  for (const layer of own) {
    const { opType } = layers[layer]!;
    kinds.set(opType, [...(kinds.get(opType) ?? []), layer]);
  }
  for (const [opType, group] of kinds) {
    const spelling = spellings[opType];
    const places: number[] = [];
    for (let index = method.line + 1; spelling && index < method.end; index++) {
      const count = [...lines[index]!.matchAll(spelling)].length;
      places.push(...new Array<number>(count).fill(index));
    }
    const certain = new Set(places).size === 1 || places.length === group.length;
    for (const [nth, layer] of group.entries()) {
      found.set(layer, certain ? (places[nth] ?? places[0]!) : method.line);
    }
  }
}
