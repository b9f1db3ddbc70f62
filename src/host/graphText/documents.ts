/** Models as graph text: read-only documents that VS Code asks for by address and that follow the file of the model. */
import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { LapidaryError } from '../../protocol/errors';
import { type TextReport } from '../../protocol/jobs';
import { type InspectReport, type LayerReport } from '../../protocol/report';
import { unpackInSlices } from '../../report/pack';
import { type Inspections } from '../models/inspections';
import { type ModelFiles } from '../models/modelFiles';
import { type Inspector } from '../worker/jobRunner';
import { type GraphIndex, indexGraphText } from './graphIndex';

/** Scheme of the addresses. */
const graphTextScheme = 'lapidary-onnx';

/** Tensors with more elements are not written out: the text is for a person. */
const elideOver = 16;

/** What is known of an open text. */
export interface GraphText {
  readonly model: vscode.Uri;
  readonly text: TextReport;
  readonly report: InspectReport;
}

/** The address of a model's text; its name ends in the extension that the language goes by. */
export function graphTextUri(model: vscode.Uri): vscode.Uri {
  return vscode.Uri.from({
    scheme: graphTextScheme,
    path: model.path.replace(/(\.onnx)?$/i, '.onnxtxt'),
    query: JSON.stringify(model.toString()),
  });
}

/** The model behind an address; undefined for other addresses, also for one of our scheme that somebody made up. */
export function modelOfText(uri: vscode.Uri): vscode.Uri | undefined {
  if (uri.scheme !== graphTextScheme) return undefined;
  // What graphTextUri makes: in quotes, with everything escaped that would need a backslash.
  const [, model] = /^"(file:\/\/[^"\\]*)"$/.exec(uri.query) ?? [];
  return model === undefined ? undefined : vscode.Uri.parse(model);
}

/** Gives the texts, and to the language features what is known of them. */
export class GraphTexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly known = new Map<string, Promise<GraphText>>();
  private readonly indices = new WeakMap<GraphText, Promise<GraphIndex>>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly inspector: Inspector,
    private readonly inspections: Inspections,
    files: ModelFiles,
  ) {
    this.subscriptions = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(graphTextScheme, this),
      files.onDidChangeFile((model) => this.refresh(model)),
      // New dimensions change costs, not the text: the document stays, its hints are asked for again.
      inspections.onDidChange((model) => void this.follow(model)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => void this.known.delete(uri.toString())),
    );
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    return (await this.of(uri)).text.text;
  }

  /** What is known of a text; throws LapidaryError where the model cannot be read. */
  of(uri: vscode.Uri): Promise<GraphText> {
    const key = uri.toString();
    const known = this.known.get(key);
    if (known) return known;
    const text = this.read(uri);
    this.known.set(key, text);
    // A newer one may stand there by then.
    text.catch(() => this.known.get(key) === text && this.known.delete(key));
    return text;
  }

  /** Forgets what is known of a text: VS Code keeps a document for minutes after its editor was closed. */
  release(model: vscode.Uri): void {
    this.known.delete(graphTextUri(model).toString());
  }

  /** Definitions and uses of the names in a text. */
  index(text: GraphText): Promise<GraphIndex> {
    const known = this.indices.get(text);
    if (known) return known;
    const index = indexGraphText(linesOf(text));
    this.indices.set(text, index);
    return index;
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.changed.dispose();
  }

  private async read(uri: vscode.Uri): Promise<GraphText> {
    const model = modelOfText(uri);
    if (!model) {
      const hint = 'Open the model, then its graph text from there.';
      throw new LapidaryError('usage', `${uri.toString()} is not the address of the graph text of a model.`, { hint });
    }
    const [text, report] = await Promise.all([
      this.inspector.read('text', { path: model.fsPath, elideOver }),
      this.inspections.report(model),
    ]);
    await unpackInSlices(report, () => setImmediate());
    return { model, text, report };
  }

  /** Something new is known of a model: its text is asked for again where that is of another report. */
  private async follow(model: vscode.Uri): Promise<void> {
    const known = this.known.get(graphTextUri(model).toString());
    if (!known) return;
    // A model that cannot be read any more says so when its text is asked for.
    const ofNow = await Promise.all([known, this.inspections.report(model)]).catch(() => undefined);
    const isOld = !ofNow || ofNow[0].report !== ofNow[1];
    if (isOld && this.known.get(graphTextUri(model).toString()) === known) this.refresh(model);
  }

  private refresh(model: vscode.Uri): void {
    const uri = graphTextUri(model);
    if (this.known.delete(uri.toString())) this.changed.fire(uri);
  }
}

/** The lines of a text. */
export const linesOf = ({ text }: GraphText): string[] => text.text.split('\n');

/** The layer whose node begins on a line. */
export function layerAt({ text, report }: GraphText, line: number): LayerReport | undefined {
  const [index] = layersBetween({ text, report }, line, line);
  return index;
}

/** Layers whose nodes begin on these lines, the last one included; lines ascend with the rows. */
export function layersBetween(
  { text: { nodeLines }, report }: Pick<GraphText, 'text' | 'report'>,
  first: number,
  last: number,
): LayerReport[] {
  let [low, high] = [0, nodeLines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodeLines[middle]! < first) low = middle + 1;
    else high = middle;
  }
  const found: LayerReport[] = [];
  for (let index = low; index < nodeLines.length && nodeLines[index]! <= last; index++) {
    const layer = report.layers[index];
    if (layer) found.push(layer);
  }
  return found;
}
