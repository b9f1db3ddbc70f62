/** The layers of a model as a tree of name scopes. Knows no vscode. */
import { type InspectReport, type LayerReport } from '../../protocol/report';
import { addCosts, type Costs, type LayerOrder, measureFor, sumCosts } from './costs';

/** A name scope with what it holds. */
export interface ScopeNode {
  readonly kind: 'scope';
  /** What is shown: its own part of the name, with that of scopes that hold nothing but it. */
  readonly label: string;
  /** The whole name. */
  readonly path: string;
  readonly children: readonly LayerTreeNode[];
  readonly layers: number;
  readonly costs: Costs;
}

/** A layer. */
export interface LayerNode {
  readonly kind: 'layer';
  readonly label: string;
  readonly layer: LayerReport;
  readonly costs: Costs;
}

/** What a scope can hold. */
export type LayerTreeNode = ScopeNode | LayerNode;

interface OpenScope {
  readonly path: string;
  readonly children: (OpenScope | LayerReport)[];
  readonly scopes: Map<string, OpenScope>;
}

/**
 * Groups the layers by scope and orders them; scopes stand where their first layer stands, or by their sum. Constants
 * are left out: they compute nothing, and some exporters write hundreds.
 */
export function layerTree(report: InspectReport, order: LayerOrder): readonly LayerTreeNode[] {
  const root: OpenScope = { path: '', children: [], scopes: new Map() };
  for (const layer of report.layers) if (layer.opType !== 'Constant') scopeAt(root, layer.scope).children.push(layer);
  const measure = order === 'graph' ? undefined : measureFor(order, report);
  const sorted = (nodes: LayerTreeNode[]): LayerTreeNode[] =>
    measure ? nodes.sort((a, b) => b.costs[measure].known - a.costs[measure].known) : nodes;
  const close = (child: OpenScope | LayerReport, outer: string): LayerTreeNode => {
    if (!('scopes' in child)) return layerNode(child, outer);
    const [only] = child.children;
    // A scope around a single thing tells nothing: that thing carries its name.
    if (child.children.length === 1 && only) return close(only, outer);
    const children = sorted(child.children.map((each) => close(each, child.path)));
    const layers = children.reduce((sum, each) => sum + (each.kind === 'scope' ? each.layers : 1), 0);
    const costs = addCosts(children.map((each) => each.costs));
    return { kind: 'scope', label: inside(child.path, outer), path: child.path, children, layers, costs };
  };
  const top = sorted(root.children.map((child) => close(child, '')));
  // Some exporters put everything into one scope, which then tells nothing either.
  const [first] = top;
  return top.length === 1 && first?.kind === 'scope' ? first.children : top;
}

function scopeAt(root: OpenScope, path: string): OpenScope {
  let scope = root;
  for (const part of path.split('/').filter((each) => each !== '')) {
    let inner = scope.scopes.get(part);
    if (!inner) {
      inner = { path: scope === root ? part : `${scope.path}/${part}`, children: [], scopes: new Map() };
      scope.scopes.set(part, inner);
      scope.children.push(inner);
    }
    scope = inner;
  }
  return scope;
}

function layerNode(layer: LayerReport, outer: string): LayerNode {
  const scope = inside(layer.scope, outer);
  const leaf = leafName(layer);
  const label = scope === '' || scope === outer ? leaf : `${scope}/${leaf}`;
  return { kind: 'layer', label, layer, costs: sumCosts([layer]) };
}

/** The part of a scope's name that the scope around it does not say already. */
function inside(scope: string, outer: string): string {
  return outer !== '' && scope.startsWith(`${outer}/`) ? scope.slice(outer.length + 1) : scope;
}

/** The part of a layer's name that its scope does not say, which may be written in another way there. */
function leafName({ name, scope }: LayerReport): string {
  const bare = name.replace(/^\/+/, '');
  if (scope === '') return bare;
  const leaf = bare.startsWith(`${scope}/`) ? bare.slice(scope.length + 1) : bare.slice(bare.lastIndexOf('/') + 1);
  return leaf === '' ? name : leaf;
}
