/** From a layer to the line of Python that made it, in whichever file of the workspace that is. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type SourcesReport } from '../../protocol/sources';
import { plainMessage } from '../text/plain';
import { lineCosts } from './lineCosts';
import { readPython } from './pythonText';
import { type SourceReports } from './sourceReports';

/** Without a stack trace the name of the file is not known; more files than this are not read to find it. */
const mostFiles = 200;

interface Place {
  readonly file: vscode.Uri;
  readonly line: number;
  /** Part of the model's layers that the file made: the file that explains most is the one. */
  readonly explained: number;
}

/** Shows the line, or says why there is none. */
export async function revealSource(reports: SourceReports, model: vscode.Uri, layer: string): Promise<void> {
  const report = await reports.of(model);
  const place = report && (await findPlace(report, layer));
  if (!place) {
    const text = vscode.l10n.t(
      'The line of Python that made {0} was not found: the model does not say, or its source is not in this workspace.',
      plainMessage(layer),
    );
    void vscode.window.showInformationMessage(text);
    return;
  }
  const editor = await vscode.window.showTextDocument(place.file, { preview: false });
  const { range } = editor.document.lineAt(place.line);
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
}

async function findPlace(report: SourcesReport, layer: string): Promise<Place | undefined> {
  const names = [...new Set(report.frames.map(({ file }) => file.split(/[\\/]/).at(-1) ?? ''))];
  const patterns = names.length > 0 ? names.map((name) => `**/${name}`) : ['**/*.py'];
  const found = await Promise.all(
    patterns.map((pattern) => vscode.workspace.findFiles(pattern, '**/{node_modules,site-packages}/**', mostFiles)),
  );
  const places: Place[] = [];
  for (const file of found.flat()) {
    const lines = lineCosts(report, file.fsPath, readPython(await textOf(file)));
    const line = lines.find(({ layers }) => layers.some(({ name }) => name === layer));
    const explained = lines.reduce((sum, { layers }) => sum + layers.length, 0) / report.layers.length;
    if (line) places.push({ file, line: line.line, explained });
  }
  return places.sort((a, b) => b.explained - a.explained || nearby(a.file, b.file))[0];
}

/** Of files that explain as much, the one that is less deep. */
const nearby = (a: vscode.Uri, b: vscode.Uri): number =>
  a.path.split(path.posix.sep).length - b.path.split(path.posix.sep).length;

/** As it is in the editor, saved or not. */
async function textOf(file: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file.toString());
  return open ? open.getText() : Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8');
}
