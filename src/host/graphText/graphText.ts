/** Graph text: a model in ONNX's textual syntax as a read-only document, with costs, navigation and colours. */
import * as vscode from 'vscode';
import { graphTextLanguage } from '../../manifest/languages';
import { type Exclusions } from '../models/exclusions';
import { type Inspections } from '../models/inspections';
import { type ModelFiles } from '../models/modelFiles';
import { type Inspector } from '../worker/jobRunner';
import { GraphCosts } from './costs';
import { graphTextUri, GraphTexts } from './documents';
import { GraphNavigation } from './navigation';
import { GraphColours, legend } from './tokens';

/** What the feature works with. */
export interface GraphTextServices {
  readonly inspector: Inspector;
  readonly inspections: Inspections;
  readonly exclusions: Exclusions;
  readonly files: ModelFiles;
}

/** The feature: open a text, and show a layer in it. */
export class GraphTextFeature implements vscode.Disposable {
  private readonly texts: GraphTexts;
  private readonly subscriptions: vscode.Disposable;

  constructor({ inspector, inspections, exclusions, files }: GraphTextServices) {
    this.texts = new GraphTexts(inspector, inspections, files);
    const changed = new vscode.EventEmitter<void>();
    const language: vscode.DocumentSelector = { language: graphTextLanguage };
    const costs = new GraphCosts(this.texts, exclusions, changed.event);
    const navigation = new GraphNavigation(this.texts);
    const { languages } = vscode;
    this.subscriptions = vscode.Disposable.from(
      this.texts,
      changed,
      exclusions.onDidChange(() => changed.fire()),
      this.texts.onDidChange(() => changed.fire()),
      languages.registerInlayHintsProvider(language, costs),
      languages.registerHoverProvider(language, costs),
      languages.registerCodeLensProvider(language, costs),
      languages.registerDefinitionProvider(language, navigation),
      languages.registerReferenceProvider(language, navigation),
      languages.registerDocumentHighlightProvider(language, navigation),
      languages.registerDocumentSymbolProvider(language, navigation),
      languages.registerFoldingRangeProvider(language, navigation),
      languages.registerDocumentRangeSemanticTokensProvider(language, new GraphColours(), legend),
    );
  }

  /** Opens the text of a model; `layer`, the name of a layer, is put in the middle and selected. */
  async open(model: vscode.Uri, layer?: string): Promise<void> {
    const uri = graphTextUri(model);
    const { text, report } = await this.texts.of(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const row = layer === undefined ? undefined : report.layers.find(({ name }) => name === layer);
    const line = row && text.nodeLines[row.index];
    if (line === undefined || line < 0) return;
    const { range } = document.lineAt(line);
    editor.selection = new vscode.Selection(range.start, range.end);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
  }

  /** Nobody looks at the model any more. */
  release(model: vscode.Uri): void {
    this.texts.release(model);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
