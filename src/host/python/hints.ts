/** Python hints: at each line of a network's source, what the layers that it made cost in the exported model. */
import path from 'node:path';
import * as vscode from 'vscode';
import { profileEditor } from '../../manifest/views';
import { formatCount } from '../../report/format';
import { type ModelFiles } from '../models/modelFiles';
import { plainMessage } from '../text/plain';
import { matchesOf, type Candidate, type Match } from './choose';
import { hintText, type LineCost } from './lineCosts';
import { type PythonLinks } from './links';
import { readPython } from './pythonText';
import { type SourceReports } from './sourceReports';

/** Layers that a hover lists; the rest is counted. */
const mostLayers = 12;

/** A file without this has no network in it. */
const mentionsTorch = /\btorch\b/;

interface Matched {
  readonly version: number;
  readonly candidates: readonly Candidate<vscode.Uri>[];
  readonly matches: readonly Match<vscode.Uri>[];
}

class CostHint extends vscode.InlayHint {
  constructor(
    position: vscode.Position,
    text: string,
    readonly cost: LineCost,
    readonly match: Match<vscode.Uri>,
  ) {
    super(position, text);
    this.paddingLeft = true;
  }
}

/** Gives hints and hovers for Python files. */
export class PythonHints implements vscode.InlayHintsProvider, vscode.HoverProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly candidates = new Map<string, Promise<readonly Candidate<vscode.Uri>[]>>();
  private readonly matched = new WeakMap<vscode.TextDocument, Matched>();
  private readonly registered: vscode.Disposable;

  /** Hints are no longer what they were. */
  readonly onDidChangeInlayHints = this.changed.event;

  constructor(
    files: ModelFiles,
    private readonly reports: SourceReports,
    private readonly links: PythonLinks,
  ) {
    const python: vscode.DocumentSelector = { language: 'python', scheme: 'file' };
    this.registered = vscode.Disposable.from(
      vscode.languages.registerInlayHintsProvider(python, this),
      vscode.languages.registerHoverProvider(python, this),
      files.onDidChangeFile((uri) => this.refresh(uri)),
      files.onDidChangeList(() => this.refresh()),
      vscode.workspace.onDidCloseTextDocument((document) => this.closed(document)),
    );
  }

  /** Something about the models is new. */
  refresh(model?: vscode.Uri): void {
    if (model) this.reports.forget(model);
    this.links.refresh();
    this.candidates.clear();
    this.changed.fire();
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.InlayHint[]> {
    const hints: vscode.InlayHint[] = [];
    for (const match of await this.matchesOf(document)) {
      for (const cost of match.lines) {
        if (cost.line < range.start.line || cost.line > range.end.line) continue;
        const text = hintText(cost, match.report, vscode.l10n.t);
        if (text === undefined) continue;
        hints.push(new CostHint(document.lineAt(cost.line).range.end, text, cost, match));
      }
    }
    return hints;
  }

  /** Tables cost more than all the rest: made for the hint that somebody points at. */
  resolveInlayHint(hint: vscode.InlayHint): vscode.InlayHint {
    if (hint instanceof CostHint) hint.tooltip = details(hint.cost, hint.match);
    return hint;
  }

  async provideHover(document: vscode.TextDocument, { line }: vscode.Position): Promise<vscode.Hover | undefined> {
    const matches = await this.matchesOf(document);
    const texts = matches.flatMap((match) => {
      const cost = match.lines.find((each) => each.line === line);
      return cost && cost.macs + cost.parameters > 0 ? [details(cost, match)] : [];
    });
    return texts.length > 0 ? new vscode.Hover(texts, document.lineAt(line).range) : undefined;
  }

  dispose(): void {
    this.registered.dispose();
    this.changed.dispose();
  }

  private async matchesOf(document: vscode.TextDocument): Promise<readonly Match<vscode.Uri>[]> {
    const text = document.getText();
    if (!hintsAreEnabled(document) || !mentionsTorch.test(text)) return [];
    const key = document.uri.toString();
    let candidates = this.candidates.get(key);
    if (!candidates) this.candidates.set(key, (candidates = this.links.candidates(document.uri)));
    const found = await candidates;
    const known = this.matched.get(document);
    // What is known is of this text and of these candidates, or it is made anew.
    if (known?.version === document.version && known.candidates === found) return known.matches;
    const matches = matchesOf(found, document.uri.fsPath, readPython(text));
    this.matched.set(document, { version: document.version, candidates: found, matches });
    return matches;
  }

  private closed(document: vscode.TextDocument): void {
    this.candidates.delete(document.uri.toString());
    // Reports are large: none is kept for files that nobody looks at.
    if (!vscode.workspace.textDocuments.some(({ languageId }) => languageId === 'python')) this.reports.clear();
  }
}

const hintsAreEnabled = (document: vscode.TextDocument): boolean =>
  vscode.workspace.getConfiguration('lapidary', document).get('pythonHints.enabled', true);

/** The layers of a line as a table, with a link to the model. */
function details(cost: LineCost, { id, report }: Match<vscode.Uri>): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.isTrusted = { enabledCommands: ['vscode.openWith'] };
  const [t, own] = [vscode.l10n.t, cost.layers.filter(({ macs, parameters }) => macs !== 0 || parameters > 0)];
  const open = vscode.Uri.from({
    scheme: 'command',
    path: 'vscode.openWith',
    query: JSON.stringify([id, profileEditor]),
  });
  markdown.appendMarkdown(`**Lapidary** · `);
  markdown.appendText(hintText(cost, report, t) ?? '');
  markdown.appendMarkdown(`\n\n| ${t('Layer')} | ${t('Kind')} | MACs | ${t('Parameters')} |\n|:--|:--|--:|--:|\n`);
  for (const { name, kind, macs, parameters } of own.slice(0, mostLayers)) {
    const cells = [name, kind, typeof macs === 'number' ? formatCount(macs) : (macs ?? '?'), formatCount(parameters)];
    // Tables of a hover have no space of their own between columns.
    markdown.appendMarkdown(`| ${cells.map(cell).join('&nbsp;&nbsp; | ')} |\n`);
  }
  const more = own.length - mostLayers;
  if (more > 0) markdown.appendMarkdown(`\n${t('and {0} more', more)}\n`);
  markdown.appendMarkdown(`\n[${cell(path.basename(id.fsPath))}](${open.toString()})`);
  return markdown;
}

/** A name from a model as Markdown that says just this name. */
const cell = (text: string): string => plainMessage(text).replace(/[\\`*_{}[\]()#+!|<>~]/g, '\\$&');
