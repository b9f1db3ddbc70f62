/** Go to definition, find references, highlights, outline and folding in a graph text. */
import * as vscode from 'vscode';
import { type ValueMentions, type Mention } from './graphIndex';
import { type GraphTexts, type GraphText } from './documents';
import { type NameAt, parseLine } from './lineParser';

/** More nodes than this in one outline serve nobody: only every scope is listed then. */
const mostSymbols = 20_000;

/** Everything that follows from names and blocks. */
export class GraphNavigation
  implements
    vscode.DefinitionProvider,
    vscode.ReferenceProvider,
    vscode.DocumentHighlightProvider,
    vscode.DocumentSymbolProvider,
    vscode.FoldingRangeProvider
{
  constructor(private readonly texts: GraphTexts) {}

  async provideDefinition(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Location[]> {
    const value = await this.valueAt(document, position);
    return (value?.definitions ?? []).map((mention) => new vscode.Location(document.uri, rangeOf(mention)));
  }

  async provideReferences(
    document: vscode.TextDocument,
    position: vscode.Position,
    { includeDeclaration }: vscode.ReferenceContext,
  ): Promise<vscode.Location[]> {
    const value = await this.valueAt(document, position);
    const mentions = value ? [...(includeDeclaration ? value.definitions : []), ...value.references] : [];
    return mentions.map((mention) => new vscode.Location(document.uri, rangeOf(mention)));
  }

  async provideDocumentHighlights(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.DocumentHighlight[]> {
    const value = await this.valueAt(document, position);
    const { Read, Write } = vscode.DocumentHighlightKind;
    return [
      ...(value?.definitions ?? []).map((mention) => new vscode.DocumentHighlight(rangeOf(mention), Write)),
      ...(value?.references ?? []).map((mention) => new vscode.DocumentHighlight(rangeOf(mention), Read)),
    ];
  }

  async provideDocumentSymbols(document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
    return outline(await this.texts.of(document.uri), document);
  }

  async provideFoldingRanges(document: vscode.TextDocument): Promise<vscode.FoldingRange[]> {
    const index = await this.texts.index(await this.texts.of(document.uri));
    return index.blocks.map(({ start, end }) => new vscode.FoldingRange(start, end - 1));
  }

  private async valueAt(
    document: vscode.TextDocument,
    { line, character }: vscode.Position,
  ): Promise<ValueMentions | undefined> {
    const here = nameAt(document.lineAt(line).text, character);
    if (!here) return undefined;
    const index = await this.texts.index(await this.texts.of(document.uri));
    return index.valueAt(line, here.name);
  }
}

/** The range of a name. */
export const rangeOf = ({ line, start, end }: Mention): vscode.Range => new vscode.Range(line, start, line, end);

interface Section {
  readonly symbol: vscode.DocumentSymbol;
  readonly children: Map<string, Section>;
}

/** Scopes with the layers in them, in the order in which they begin. */
function outline({ text, report }: GraphText, document: vscode.TextDocument): vscode.DocumentSymbol[] {
  const root: Section = { symbol: symbolOf('', '', vscode.SymbolKind.Namespace, 0, document), children: new Map() };
  const withNodes = report.layers.length <= mostSymbols;
  for (const [index, layer] of report.layers.entries()) {
    const line = text.nodeLines[index] ?? -1;
    if (line < 0) continue;
    const section = sectionFor(root, layer.scope, line, document);
    if (!withNodes) continue;
    section.symbol.children.push(symbolOf(layer.name, layer.kind, vscode.SymbolKind.Function, line, document));
  }
  return root.symbol.children;
}

function sectionFor(root: Section, scope: string, line: number, document: vscode.TextDocument): Section {
  let section = root;
  for (const part of scope.split('/').filter(Boolean)) {
    let child = section.children.get(part);
    if (!child) {
      child = { symbol: symbolOf(part, '', vscode.SymbolKind.Namespace, line, document), children: new Map() };
      section.children.set(part, child);
      section.symbol.children.push(child.symbol);
    }
    child.symbol.range = child.symbol.range.union(document.lineAt(line).range);
    section = child;
  }
  return section;
}

function symbolOf(name: string, detail: string, kind: vscode.SymbolKind, line: number, document: vscode.TextDocument) {
  const { range } = document.lineAt(line);
  return new vscode.DocumentSymbol(name || '–', detail, kind, range, range);
}

/** The name under a position. */
export function nameAt(line: string, character: number): NameAt | undefined {
  const { defines, reads } = parseLine(line);
  return [...defines, ...reads].find(({ start, end }) => start <= character && character <= end);
}
