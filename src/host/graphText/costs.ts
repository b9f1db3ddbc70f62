/** What layers cost, in a graph text: inlay hints at the end of lines, details on hover, actions above costly layers. */
import * as vscode from 'vscode';
import { familyCommand, type OwnCommandId } from '../../manifest/commands';
import { familiesOf } from '../../manifest/families';
import { type InspectReport, type LayerReport } from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { formatCount, formatShare } from '../../report/format';
import { sumCosts } from '../models/costs';
import { layerDetails, shapeText } from '../models/details';
import { type Exclusions } from '../models/exclusions';
import { listTooltip } from '../text/tooltip';
import { parseLine } from './lineParser';
import { type GraphText, type GraphTexts, layerAt, layersBetween } from './documents';
import { nameAt } from './navigation';

/** Layers with at least this share of the MACs, or of the parameters, get actions of their own. */
const costlyShare = 0.005;
/** At most so many of them, the costliest. */
const mostLenses = 300;

/** Hints, hovers and lenses. */
export class GraphCosts implements vscode.InlayHintsProvider, vscode.HoverProvider, vscode.CodeLensProvider {
  readonly onDidChangeInlayHints: vscode.Event<void>;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(
    private readonly texts: GraphTexts,
    private readonly exclusions: Exclusions,
    changed: vscode.Event<void>,
  ) {
    this.onDidChangeInlayHints = changed;
    this.onDidChangeCodeLenses = changed;
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.InlayHint[]> {
    const text = await this.texts.of(document.uri);
    return layersBetween(text, range.start.line, range.end.line).flatMap((layer) => {
      const label = costText(layer, text.report);
      if (label === '') return [];
      const line = text.text.nodeLines[layer.index]!;
      const hint = new vscode.InlayHint(placeOf(document.lineAt(line)), label);
      hint.paddingLeft = true;
      return [hint];
    });
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const text = await this.texts.of(document.uri);
    const { text: line, range } = document.lineAt(position.line);
    const name = nameAt(line, position.character);
    const value = name && valueText(name.name, text.report);
    const layer = layerAt(text, position.line);
    if (name && value !== undefined) {
      const at = new vscode.Range(position.line, name.start, position.line, name.end);
      return new vscode.Hover(listTooltip(name.name, [value]), at);
    }
    if (!layer) return undefined;
    const totals = sumCosts(text.report.layers);
    const rows = layerDetails(layer, sumCosts([layer]), totals, vscode.l10n.t);
    const lines = rows.map((row) => `${row.label}: ${row.value}`);
    return new vscode.Hover(listTooltip(layer.name, lines), range);
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const text = await this.texts.of(document.uri);
    const families = familiesOf().map(({ family, title }) =>
      lensOf(0, vscode.l10n.t(title), familyCommand(family), text.model),
    );
    const open: OwnCommandId = 'lapidary.models.open';
    const top = [lensOf(0, vscode.l10n.t('Open Profile'), open, text.model), ...families];
    return [...top, ...costliest(text.report).flatMap((layer) => this.lensesOf(layer, text))];
  }

  private lensesOf(layer: LayerReport, { model, text }: GraphText): vscode.CodeLens[] {
    const t = vscode.l10n.t;
    const lens = (title: string, command: OwnCommandId): vscode.CodeLens =>
      lensOf(text.nodeLines[layer.index]!, title, command, model, layer.name);
    if (this.exclusions.has(model, layer.name)) return [lens(t('Kept as it is · Undo'), 'lapidary.layer.exclude')];
    const isFloat = layer.weights.some(({ type, shape }) => /^(float|double)$/.test(type) && shape.length > 1);
    // A batch norm is no work for a pass of its own.
    if (!isFloat && layer.weights.every(({ shape }) => shape.length < 2)) return [];
    const keep = isFloat ? t('Keep in float32') : t('Keep as it is');
    return [
      ...(isFloat ? [lens(t('Quantize only this…'), 'lapidary.layer.quantize')] : []),
      ...(isFloat ? [lens(t('Prune only this…'), 'lapidary.layer.prune')] : []),
      lens(keep, 'lapidary.layer.exclude'),
    ];
  }
}

/** Behind the operator, where it can be seen: attributes make many lines longer than any window. */
function placeOf({ text, range, lineNumber }: vscode.TextLine): vscode.Position {
  const { operator } = parseLine(text);
  return operator ? new vscode.Position(lineNumber, operator.end) : range.end;
}

function lensOf(line: number, title: string, command: string, ...args: readonly unknown[]): vscode.CodeLens {
  const range = new vscode.Range(line, 0, line, 0);
  return new vscode.CodeLens(range, { title, command, arguments: [...args] });
}

function shareOf({ macs, parameters }: LayerReport, { model }: InspectReport): number {
  const ofMacs = typeof macs === 'number' && typeof model.macs === 'number' && model.macs > 0 ? macs / model.macs : 0;
  return Math.max(ofMacs, model.parameters > 0 ? parameters / model.parameters : 0);
}

function costliest(report: InspectReport): LayerReport[] {
  const shares = report.layers.map((layer) => ({ layer, share: shareOf(layer, report) }));
  const costly = shares.filter(({ layer, share }) => share >= costlyShare && layer.weights.length > 0);
  costly.sort((a, b) => b.share - a.share);
  return costly.slice(0, mostLenses).map(({ layer }) => layer);
}

/** "13.5 % · 47.2 M MACs · 9.25 k params"; empty for a layer that costs nothing. */
function costText({ macs, parameters }: LayerReport, { model }: InspectReport): string {
  const parts: string[] = [];
  const [own, total] = [typeof macs === 'number' ? macs : 0, typeof model.macs === 'number' ? model.macs : 0];
  if (own > 0 && total > 0) parts.push(formatShare(own / total));
  if (own > 0) parts.push(vscode.l10n.t('{0} MACs', formatCount(own)));
  else if (typeof macs === 'string') parts.push(vscode.l10n.t('{0} MACs', macs));
  if (parameters === 1) parts.push(vscode.l10n.t('1 param'));
  else if (parameters > 0) parts.push(vscode.l10n.t('{0} params', formatCount(parameters)));
  return parts.join(' · ');
}

/** Type and shape of a value, with what makes it. */
function valueText(name: string, { layers, inputs }: InspectReport): string | undefined {
  const input = inputs.find((each) => each.name === name);
  if (input) return `${vscode.l10n.t('Input')}: ${shapeText(input.shape)} ${elementTypeText(input.type)}`;
  for (const layer of layers) {
    const position = layer.outputs.indexOf(name);
    if (position >= 0) {
      const shape = shapeText(layer.outputShapes[position] ?? null);
      return `${shape} ${elementTypeText(layer.outputTypes[position] ?? '')} · ${layer.kind}`;
    }
    const weight = layer.weights.find((each) => each.name === name);
    if (weight) return `${vscode.l10n.t('Weight')}: ${shapeText(weight.shape)} ${elementTypeText(weight.type)}`;
  }
  return undefined;
}
