/** Go to definition, find references, highlights, outline and folding in a graph text. */
import * as vscode from 'vscode';
import { type GraphTexts, linesOf } from './documents';
import { blocksOf } from './folding';
import { type ValueMentions, type Mention } from './graphIndex';
import { type NameAt, parseLine } from './lineParser';
import { outline } from './outline';

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
    const blocks = await blocksOf(linesOf(await this.texts.of(document.uri)));
    return blocks.map(({ start, end }) => new vscode.FoldingRange(start, end - 1));
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

/** The name under a position. */
export function nameAt(line: string, character: number): NameAt | undefined {
  const { defines, reads } = parseLine(line);
  return [...defines, ...reads].find(({ start, end }) => start <= character && character <= end);
}
