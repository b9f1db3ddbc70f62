/** Layers by name scope, with what each scope costs: what the chart draws. */
import { costOf, type Metric } from './costs';
import { type MeasuredLayer } from './measured';

/** A scope, or a layer. */
export interface CostNode {
  /** Unique: the path of a scope, `#index` of a layer. */
  readonly id: string;
  /** Shown in the chart: without what its parent says already. */
  readonly name: string;
  /** Name scope in full; of a layer, the scope that it is in. */
  readonly path: string;
  readonly value: number;
  /** Layers inside, itself included. */
  readonly count: number;
  readonly children: readonly CostNode[];
  /** For a layer, and for a scope that costs what its one layer costs. */
  readonly layer?: MeasuredLayer;
}

interface Scope {
  readonly path: string;
  readonly name: string;
  /** Scopes by their name, and layers, in the order in which they first run. */
  readonly children: (Scope | MeasuredLayer)[];
  readonly scopes: Map<string, Scope>;
}

/** The tree of a model; layers that cost nothing are left out. */
export function costTree(layers: readonly MeasuredLayer[], metric: Metric): CostNode {
  const root: Scope = { path: '', name: '', children: [], scopes: new Map() };
  for (const layer of layers) if (costOf(layer, metric) > 0) scopeAt(root, layer.scope).children.push(layer);
  return nodeOf(root, metric);
}

function scopeAt(root: Scope, path: string): Scope {
  let scope = root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    const known = scope.scopes.get(name);
    if (known) scope = known;
    else {
      const made: Scope = { path: scope.path ? `${scope.path}/${name}` : name, name, children: [], scopes: new Map() };
      scope.scopes.set(name, made);
      scope.children.push(made);
      scope = made;
    }
  }
  return scope;
}

function nodeOf(scope: Scope, metric: Metric): CostNode {
  const children = scope.children.map((child) => ('opType' in child ? leafOf(child, metric) : nodeOf(child, metric)));
  const [only] = children;
  // A scope with one child says no more than the child: "attn/qkv" in one block.
  if (only && children.length === 1 && scope.path !== '') {
    const isLayer = scope.scopes.size === 0;
    const name = isLayer ? scope.name : `${scope.name}/${only.name}`;
    return { ...only, name, path: only.path };
  }
  const value = children.reduce((sum, child) => sum + child.value, 0);
  const count = children.reduce((sum, child) => sum + child.count, 0);
  return { id: scope.path, name: scope.name, path: scope.path, value, count, children };
}

function leafOf(layer: MeasuredLayer, metric: Metric): CostNode {
  const name = layer.scope !== '' && layer.name.includes(layer.scope) ? tail(layer.name, layer.scope) : layer.name;
  return {
    id: `#${layer.index}`,
    name,
    path: layer.scope,
    value: costOf(layer, metric),
    count: 1,
    children: [],
    layer,
  };
}

/** "/a/b/MatMul_3" in the scope "a/b" is "MatMul_3". */
function tail(name: string, scope: string): string {
  return name.slice(name.indexOf(scope) + scope.length).replace(/^[/.]+/, '') || name;
}

/** The node with this id, with those above it, outermost first; the root alone when there is none. */
export function pathTo(root: CostNode, id: string): readonly CostNode[] {
  const find = (node: CostNode): CostNode[] | undefined => {
    if (node.id === id) return [node];
    for (const child of node.children) {
      const found = find(child);
      if (found) return [node, ...found];
    }
    return undefined;
  };
  return find(root) ?? [root];
}

/** Whether a layer lies in a scope; every layer lies in ''. */
export function isInScope(layer: MeasuredLayer, scope: string): boolean {
  return scope === '' || layer.scope === scope || layer.scope.startsWith(`${scope}/`);
}
