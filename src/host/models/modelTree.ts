/** The tree of the workspace's models: each is inspected when it is opened or comes into sight. */
import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { LapidaryError } from '../../protocol/errors';
import { unpackInSlices } from '../../report/pack';
import { type Audits } from './audits';
import { type LayerOrder, measureFor, sumCosts } from './costs';
import { auditDetails, type Detail, groupDetails, layerDetails } from './details';
import { type Exclusions } from './exclusions';
import { settableSymbols } from './dimensions';
import { type Inspections } from './inspections';
import { layerTree, type LayerTreeNode } from './layerTree';
import { type ModelGroups } from './modelGroups';
import { type ModelFiles } from './modelFiles';
import {
  branchItem,
  branchTooltip,
  detailItem,
  dimensionsItem,
  groupItem,
  groupsItem,
  type LayerMarks,
  modelItem,
  modelTooltip,
  problemItem,
  warningItem,
} from './treeItems';
import { type BranchNode, type GroupsNode, type ModelNode, type OpenModel, type TreeNode } from './treeNodes';

/** Models whose totals are read ahead, so that the list says something at once. */
const readAhead = 30;

/** The provider behind the view. */
export class ModelTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  private readonly nodes = new Map<string, ModelNode>();
  private readonly subscriptions: vscode.Disposable[];
  private currentOrder: LayerOrder = 'graph';

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly files: ModelFiles,
    private readonly inspections: Inspections,
    private readonly exclusions: Exclusions,
    private readonly groups: ModelGroups,
    private readonly audits: Audits,
  ) {
    this.subscriptions = [
      audits.onDidChange((uri) => this.changed.fire(this.nodes.get(uri.toString()))),
      exclusions.onDidChange((uri) => this.changed.fire(this.nodes.get(uri.toString()))),
      files.onDidChangeList(() => this.changed.fire(undefined)),
      files.onDidChangeFile((uri) => {
        inspections.forget(uri);
        audits.forget(uri);
      }),
      inspections.onDidChange((uri) => this.show(this.nodes.get(uri.toString()))),
    ];
  }

  /** How layers are ordered. */
  get order(): LayerOrder {
    return this.currentOrder;
  }

  set order(order: LayerOrder) {
    this.currentOrder = order;
    this.changed.fire(undefined);
  }

  /** Reads everything anew. */
  refresh(): void {
    this.inspections.clear();
    this.changed.fire(undefined);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (!node) return this.models();
    if (node.kind === 'model') return this.modelChildren(node);
    if (node.kind === 'groups') return this.groupsOf(node);
    if (node.kind === 'group') return details(groupDetails(node.group, vscode.l10n.t));
    if (node.kind !== 'branch') return [];
    const { branch, model } = node;
    if (branch.kind === 'scope') return branches(branch.children, model);
    const audited = this.audits.of(model.uri, branch.layer.name);
    return details([
      ...layerDetails(branch.layer, branch.costs, model.totals, vscode.l10n.t),
      ...(audited ? auditDetails(audited, vscode.l10n.t) : []),
    ]);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    switch (node.kind) {
      case 'model':
        return modelItem(node, this.inspections.peek(node.uri));
      case 'branch':
        return branchItem(node, this.marksOf(node));
      case 'detail':
        return detailItem(node);
      case 'problem':
        return problemItem(node);
      case 'warning':
        return warningItem(node);
      case 'dimensions':
        return dimensionsItem(node);
      case 'groups':
        return groupsItem(node, this.groups.peek(node.model.report));
      case 'group':
        return groupItem(node);
    }
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    if (node.kind === 'branch') item.tooltip = branchTooltip(node);
    const known = node.kind === 'model' ? this.inspections.peek(node.uri) : undefined;
    if (node.kind !== 'model' || !known) return item;
    item.tooltip = 'error' in known ? problemItem({ kind: 'problem', error: known.error }).tooltip : undefined;
    if ('summary' in known) item.tooltip = modelTooltip(await this.open(node));
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(this.changed, ...this.subscriptions).dispose();
  }

  private marksOf({ branch, model }: BranchNode): LayerMarks {
    if (branch.kind !== 'layer') return {};
    const { name } = branch.layer;
    const audited = this.audits.of(model.uri, name);
    return { excluded: this.exclusions.has(model.uri, name), ...(audited && { audited }) };
  }

  private async groupsOf(node: GroupsNode): Promise<TreeNode[]> {
    const { report, uri } = node.model;
    const isNew = this.groups.peek(report) === undefined;
    try {
      const groups = await this.groups.of(uri);
      // Its line says how many there are, once that is known.
      if (isNew) this.changed.fire(node);
      return groups.map((group) => ({ kind: 'group', group, model: node.model }));
    } catch (thrown) {
      return [{ kind: 'problem', error: LapidaryError.from(thrown) }];
    }
  }

  /** Something new is known of a model, or it has to be read anew. */
  private show(node: ModelNode | undefined): void {
    if (!node) return;
    this.changed.fire(node);
    if (!this.inspections.peek(node.uri)) void this.readTotals([node]);
  }

  private async models(): Promise<TreeNode[]> {
    const uris = await this.files.list();
    const nodes = uris.map((uri): ModelNode => this.nodes.get(uri.toString()) ?? { kind: 'model', uri });
    this.nodes.clear();
    for (const node of nodes) this.nodes.set(node.uri.toString(), node);
    void this.readTotals(nodes.slice(0, readAhead));
    return nodes;
  }

  /** One after the other; each line changes as soon as its model is known. */
  private async readTotals(nodes: readonly ModelNode[]): Promise<void> {
    for (const { uri } of nodes) {
      if (this.inspections.peek(uri)) continue;
      // What went wrong is kept by `inspections` and shown on the model's line.
      await this.inspections.report(uri).catch(() => undefined);
    }
  }

  private async modelChildren(node: ModelNode): Promise<TreeNode[]> {
    try {
      const model = await this.open(node);
      const warnings = model.report.warnings.map((warning): TreeNode => ({ kind: 'warning', warning }));
      const dimensions: TreeNode[] = settableSymbols(model.report).length > 0 ? [{ kind: 'dimensions', model }] : [];
      const hasWeights = model.report.layers.some(({ weights }) => weights.length > 0);
      const groups: TreeNode[] = hasWeights ? [{ kind: 'groups', model }] : [];
      return [...dimensions, ...groups, ...warnings, ...branches(layerTree(model.report, this.order), model)];
    } catch (thrown) {
      return [{ kind: 'problem', error: LapidaryError.from(thrown) }];
    }
  }

  private async open({ uri }: ModelNode): Promise<OpenModel> {
    const report = await this.inspections.report(uri);
    await unpackInSlices(report, () => setImmediate());
    return { uri, report, totals: sumCosts(report.layers), measure: measureFor(this.order, report) };
  }
}

function details(rows: readonly Detail[]): TreeNode[] {
  return rows.map((detail) => ({ kind: 'detail', detail }));
}

function branches(nodes: readonly LayerTreeNode[], model: OpenModel): BranchNode[] {
  return nodes.map((branch) => ({ kind: 'branch', branch, model }));
}
