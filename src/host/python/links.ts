/** Which models belong to a Python file: found by what the exporter wrote into them, or set by the person. */
import fs from 'node:fs';
import * as vscode from 'vscode';
import { type ModelFiles } from '../models/modelFiles';
import { type Candidate } from './choose';
import { type SourceReports } from './sourceReports';

const key = 'lapidary.pythonLinks';

/** More models than this are not read to find out which belongs to a file: then it has to be set. */
const mostModels = 60;

/** The choice of a person: these models, or none at all. */
type Links = Readonly<Record<string, readonly string[]>>;

/** Finds the candidates for a file. */
export class PythonLinks {
  private listed: Promise<readonly vscode.Uri[]> | undefined;

  constructor(
    private readonly files: ModelFiles,
    private readonly reports: SourceReports,
    private readonly state: vscode.Memento,
  ) {}

  /** What was set for a file; undefined: nothing, so that its models are to be found. */
  chosen(file: vscode.Uri): readonly vscode.Uri[] | undefined {
    return this.state.get<Links>(key, {})[file.toString()]?.map((uri) => vscode.Uri.parse(uri));
  }

  /** Sets the models of a file; undefined: find them. */
  async choose(file: vscode.Uri, models: readonly vscode.Uri[] | undefined): Promise<void> {
    const { [file.toString()]: _former, ...others } = this.state.get<Links>(key, {});
    const links = models ? { ...others, [file.toString()]: models.map((uri) => uri.toString()) } : others;
    await this.state.update(key, links);
  }

  /** Models of the workspace have come or gone. */
  refresh(): void {
    this.listed = undefined;
  }

  /** Models that may have been exported from a file, with their reports. */
  async candidates(file: vscode.Uri): Promise<readonly Candidate<vscode.Uri>[]> {
    const models = this.chosen(file) ?? (await (this.listed ??= this.files.list())).slice(0, mostModels);
    const found: Candidate<vscode.Uri>[] = [];
    for (const id of models) {
      const report = await this.reports.of(id);
      if (report) found.push({ id, report, time: timeOf(id) });
    }
    return found;
  }
}

const timeOf = (uri: vscode.Uri): number => fs.statSync(uri.fsPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
