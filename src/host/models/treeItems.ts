/** How the rows of the tree look. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { viewItems } from '../../manifest/views';
import { type AuditedLayer } from '../../protocol/audit';
import { type GroupReport } from '../../protocol/report';
import { runsAsText } from '../../report/runsAs';
import { shortenLeft, visibleName } from '../../report/text';
import { placeText } from '../errors/errorText';
import { hintOf } from '../errors/hints';
import { listTooltip } from '../text/tooltip';
import { costText, type Measure, shareOf, shareText } from './costs';
import { countedWith, type Detail, layerDetails, modelDetails } from './details';
import { type Known } from './inspections';
import {
  type BranchNode,
  type DetailNode,
  type DimensionsNode,
  type GroupNode,
  type GroupsNode,
  type ModelNode,
  type ProblemNode,
  type WarningNode,
} from './treeNodes';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** A model file: what is known of it so far. */
export function modelItem({ uri }: ModelNode, known: Known | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(uri, Collapsed);
  const folder = path.posix.dirname(vscode.workspace.asRelativePath(uri));
  const place = folder === '.' ? [] : [folder];
  item.label = path.posix.basename(uri.path);
  item.contextValue = viewItems.model;
  item.iconPath = new vscode.ThemeIcon('file-binary');
  if (known && 'error' in known) {
    item.description = [vscode.l10n.t('cannot be read'), ...place].join(' · ');
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  } else {
    item.description = [...(known ? [known.summary] : []), ...place].join(' · ');
  }
  return item;
}

/** What is known of a layer besides its costs. */
export interface LayerMarks {
  readonly excluded?: boolean;
  readonly audited?: AuditedLayer;
}

/** A scope or a layer: its share first, since that is what one looks for. */
export function branchItem({ branch, model }: BranchNode, { excluded, audited }: LayerMarks): vscode.TreeItem {
  const { measure, totals } = model;
  const share = shareOf(branch.costs[measure], totals[measure]);
  const cost = costText(branch.costs[measure], measure);
  const item = new vscode.TreeItem(visibleName(branch.label), Collapsed);
  const kind = branch.kind === 'layer' ? branch.layer.kind : layerCount(branch.layers);
  const left = excluded ? vscode.l10n.t('excluded from passes') : '';
  const runs = audited ? vscode.l10n.t(runsAsText(audited.runsAs)) : '';
  const parts = [shareText(share), runs, visibleName(kind), cost, left].filter((part) => part !== '');
  item.description = parts.join(' · ');
  item.iconPath = heatIcon(branch.kind === 'layer' ? 'circle-filled' : 'layers', share);
  item.contextValue = branch.kind === 'layer' ? viewItems.layer : viewItems.scope;
  const spoken = share === undefined || share === 0 ? [] : [shareOfText(shareText(share), measure)];
  const accessible = [branch.label, kind, ...spoken, cost, runs, left].filter((part) => part !== '');
  item.accessibilityInformation = { label: accessible.join(', ') };
  return item;
}

function layerCount(count: number): string {
  return count === 1 ? vscode.l10n.t('1 layer') : vscode.l10n.t('{0} layers', count);
}

function shareOfText(share: string, measure: Measure): string {
  switch (measure) {
    case 'macs':
      return vscode.l10n.t('{0} of all MACs', share);
    case 'parameters':
      return vscode.l10n.t('{0} of all parameters', share);
    case 'weightBytes':
      return vscode.l10n.t('{0} of all weight bytes', share);
    case 'activationBytes':
      return vscode.l10n.t('{0} of all activation bytes', share);
  }
}

/** `charts.orange` is nearly transparent, and no high-contrast theme has it; this one is orange in all of them. */
const orange = 'symbolIcon.classForeground';

/** Costly rows are warm; the share is said in words as well. */
function heatIcon(icon: string, share: number | undefined): vscode.ThemeIcon {
  if (share === undefined || share < 0.01) return new vscode.ThemeIcon(icon === 'layers' ? icon : 'circle-outline');
  const color = share >= 0.2 ? 'charts.red' : share >= 0.05 ? orange : 'charts.yellow';
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

/** A fact. */
export function detailItem({ detail }: DetailNode): vscode.TreeItem {
  const item = new vscode.TreeItem(detail.label, None);
  item.description = visibleName(detail.value);
  item.tooltip = visibleName(detail.value);
  item.contextValue = viewItems.detail;
  return item;
}

/** Why a model cannot be shown, and what to do. */
export function problemItem({ error }: ProblemNode): vscode.TreeItem {
  const item = new vscode.TreeItem(visibleName(error.message), None);
  const hint = hintOf(error, vscode.l10n.t);
  item.description = hint;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  item.contextValue = viewItems.problem;
  const tooltip = new vscode.MarkdownString().appendText(visibleName(error.message));
  const where = placeText(error);
  if (where !== '') tooltip.appendMarkdown('\n\n').appendText(visibleName(where));
  if (hint !== '') tooltip.appendMarkdown('\n\n$(lightbulb) ').appendText(hint);
  tooltip.supportThemeIcons = true;
  item.tooltip = tooltip;
  return item;
}

/** Something worth a person's notice. */
export function warningItem({ warning }: WarningNode): vscode.TreeItem {
  const item = new vscode.TreeItem(visibleName(warning.message), None);
  item.description = warning.node === undefined ? '' : visibleName(warning.node);
  item.tooltip = visibleName(warning.message);
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = viewItems.problem;
  return item;
}

/** What the numbers were counted with; choosing it changes the values. */
export function dimensionsItem(node: DimensionsNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Counted with'), None);
  item.description = visibleName(countedWith(node.model.report.symbols));
  item.tooltip = vscode.l10n.t('Dynamic dimensions have no size of their own. Choose sizes that you use.');
  item.iconPath = new vscode.ThemeIcon('symbol-variable');
  const command: OwnCommandId = 'lapidary.models.dimensions';
  item.command = { command, title: vscode.l10n.t('Set Dynamic Dimensions…'), arguments: [node] };
  return item;
}

/** The channels of a model; how many may leave is known when the row was opened once. */
export function groupsItem(_node: GroupsNode, groups: readonly GroupReport[] | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Channel groups'), Collapsed);
  const free = groups?.filter(({ frozen }) => frozen === undefined).length;
  item.description = groups
    ? vscode.l10n.t('{0} of {1} can be pruned', free ?? 0, groups.length)
    : vscode.l10n.t('what can be pruned together');
  item.tooltip = vscode.l10n.t('Channels that the same layers make leave together, with all that reads them.');
  item.iconPath = new vscode.ThemeIcon('link');
  return item;
}

/** One group: who makes its channels, how many, who reads them; or why they stay. */
export function groupItem({ group }: GroupNode): vscode.TreeItem {
  const { makers, readers, channels, kind, frozen } = group;
  const item = new vscode.TreeItem(namesText(makers, 1), Collapsed);
  const count = countText(kind, channels);
  const rest =
    frozen === undefined
      ? vscode.l10n.t('read by {0}', namesText(readers, 2))
      : vscode.l10n.t('must stay: {0}', frozen.replace(/\.$/, ''));
  item.description = [count, visibleName(rest)].join(' · ');
  item.iconPath = new vscode.ThemeIcon(frozen === undefined ? 'link' : 'lock');
  item.contextValue = frozen === undefined ? viewItems.group : viewItems.detail;
  item.accessibilityInformation = { label: [makers.join(', '), count, rest].join(', ') };
  return item;
}

function countText(kind: GroupReport['kind'], count: number): string {
  switch (kind) {
    case 'channels':
      return vscode.l10n.t('{0} channels', count);
    case 'heads':
      return vscode.l10n.t('{0} heads', count);
    case 'hidden':
      return vscode.l10n.t('{0} units', count);
  }
}

/** Characters of a name in a list. */
const nameLength = 24;

/** "conv1, conv2 +3": the ends of names, which tell layers apart. */
function namesText(names: readonly string[], most: number): string {
  const shown = names
    .slice(0, most)
    .map((name) => shortenLeft(visibleName(name), nameLength))
    .join(', ');
  return names.length > most ? `${shown} +${names.length - most}` : shown;
}

/** Everything about a scope or a layer; made only when somebody hovers. */
export function branchTooltip({ branch, model }: BranchNode): vscode.MarkdownString {
  if (branch.kind === 'layer') {
    const { layer, costs } = branch;
    return rowsTooltip(layer.name, layerDetails(layer, costs, model.totals, vscode.l10n.t));
  }
  const { costs } = branch;
  const row = (label: string, measure: Measure): Detail => ({
    label,
    value: [costText(costs[measure], measure), shareText(shareOf(costs[measure], model.totals[measure]))]
      .filter((part) => part !== '')
      .join(' · '),
  });
  const rows = [
    { label: vscode.l10n.t('Layers'), value: String(branch.layers) },
    row(vscode.l10n.t('MACs'), 'macs'),
    row(vscode.l10n.t('Parameters'), 'parameters'),
    row(vscode.l10n.t('Weights'), 'weightBytes'),
    row(vscode.l10n.t('Activations'), 'activationBytes'),
  ];
  return rowsTooltip(
    branch.path,
    rows.filter(({ value }) => value !== ''),
  );
}

/** Everything about a model. */
export function modelTooltip(model: BranchNode['model']): vscode.MarkdownString {
  const name = vscode.workspace.asRelativePath(model.uri);
  return rowsTooltip(name, modelDetails(model.report, vscode.l10n.t));
}

function rowsTooltip(title: string, rows: readonly Detail[]): vscode.MarkdownString {
  return listTooltip(
    title,
    rows.map(({ label, value }) => `${label}: ${value}`),
  );
}
