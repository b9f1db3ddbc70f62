/**
 * Problems of models, in the problems panel and on their graph text: a text is where a problem has a line, and where
 * VS Code offers fixes. Models that are open are checked by themselves, others on command.
 */
import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { type CheckReport, type Diagnostic, type Severity } from '../../protocol/check';
import { LapidaryError } from '../../protocol/errors';
import { unpackInSlices } from '../../report/pack';
import { visibleName } from '../../report/text';
import { graphTextUri } from '../graphText/documents';
import { type Dimensions } from '../models/dimensions';
import { type Inspections } from '../models/inspections';
import { type ModelFiles } from '../models/modelFiles';
import { openModels } from '../models/openModels';
import { stampOf } from '../models/stamp';
import { type ResultStore } from '../result/resultStore';
import { type Inspector } from '../worker/jobRunner';
import { Places } from './places';
import { type Rules } from './ruleSettings';

/** Models with more weights than this are not read through unless the person asks, bytes. */
const quickWeightBytes = 200_000_000;

/** What stands beside each problem. */
const problemSource = 'Lapidary';

const severities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  // Not in the panel: three dots in the text.
  hint: vscode.DiagnosticSeverity.Hint,
};

/** A problem with what the engine said of it. */
export class ModelProblem extends vscode.Diagnostic {
  constructor(
    range: vscode.Range,
    readonly finding: Diagnostic,
  ) {
    super(range, visibleName(finding.message), severities[finding.severity]);
    this.source = problemSource;
    this.code = finding.code;
  }
}

/** What problems need of the other features. */
export interface ProblemServices {
  readonly inspector: Inspector;
  readonly inspections: Inspections;
  readonly dimensions: Dimensions;
  readonly files: ModelFiles;
  readonly rules: Rules;
  /** Results that are kept: what was measured of a model. */
  readonly results: Pick<ResultStore, 'measured'>;
  readonly failed: (error: LapidaryError) => void;
}

/** Keeps the problems of the models that are open, and of those that were checked on command. */
export class ModelProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('lapidary');
  /** The newest check of each model, so that an older one that ends later says nothing. */
  private readonly checks = new Map<string, number>();
  /** Which state of the file each check is about. */
  private readonly stamps = new Map<string, string>();
  /** Checked on command: they stay when their editors are closed. */
  private readonly asked = new Set<string>();
  private readonly subscriptions: vscode.Disposable;
  private serial = 0;

  constructor(private readonly services: ProblemServices) {
    const { files, rules } = services;
    this.subscriptions = vscode.Disposable.from(
      this.collection,
      vscode.window.tabGroups.onDidChangeTabs(() => this.follow()),
      files.onDidChangeFile((model) => this.again(model)),
      rules.onDidChange(() => this.restart()),
    );
    this.follow();
  }

  /** Checks a model, weights and all, whatever the settings say; its problems stay until the file changes. */
  async check(model: vscode.Uri): Promise<CheckReport> {
    this.asked.add(model.toString());
    return this.run(model, true);
  }

  /** The problems of a graph text. */
  of(text: vscode.Uri): readonly vscode.Diagnostic[] {
    return this.collection.get(text) ?? [];
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** Checks models that were opened, and forgets those that were closed. */
  private follow(): void {
    const open = new Map(this.services.rules.areEnabled ? openModels().map((uri) => [uri.toString(), uri]) : []);
    for (const key of this.checks.keys())
      if (!open.has(key) && !this.asked.has(key)) this.forget(vscode.Uri.parse(key));
    for (const [key, uri] of open) if (!this.checks.has(key)) void this.quietly(uri);
  }

  private again(model: vscode.Uri): void {
    const key = model.toString();
    // Word of a change may come after the check that saw it already.
    if (!this.checks.has(key) || this.stamps.get(key) === stampOf(model)) return;
    this.forget(model);
    this.follow();
  }

  private restart(): void {
    for (const key of [...this.checks.keys()]) this.forget(vscode.Uri.parse(key));
    this.follow();
  }

  private forget(model: vscode.Uri): void {
    this.checks.delete(model.toString());
    this.stamps.delete(model.toString());
    this.asked.delete(model.toString());
    this.collection.delete(graphTextUri(model));
  }

  /** A model that cannot be read says so in its own editor. */
  private async quietly(model: vscode.Uri): Promise<void> {
    const serial = this.begin(model);
    try {
      const { weightBytes } = (await this.services.inspections.report(model)).model;
      if (this.checks.get(model.toString()) === serial) await this.run(model, weightBytes <= quickWeightBytes);
    } catch (thrown) {
      this.services.failed(LapidaryError.from(thrown));
    }
  }

  private async ask(model: vscode.Uri, readWeights: boolean): Promise<CheckReport> {
    const { inspector, dimensions, results } = this.services;
    const measured = await results.measured(model.fsPath);
    const request = { path: model.fsPath, readWeights, ...dimensions.bindings(model), ...(measured && { measured }) };
    return inspector.read('check', request);
  }

  private begin(model: vscode.Uri): number {
    this.checks.set(model.toString(), ++this.serial);
    this.stamps.set(model.toString(), stampOf(model));
    return this.serial;
  }

  private async run(model: vscode.Uri, readWeights: boolean): Promise<CheckReport> {
    const { rules } = this.services;
    const serial = this.begin(model);
    const report = await this.ask(model, readWeights);
    const diagnostics = report.diagnostics.filter(({ code }) => !rules.ignored.includes(code));
    const problems = diagnostics.length > 0 ? await this.placed(model, diagnostics) : [];
    if (this.checks.get(model.toString()) === serial) this.collection.set(graphTextUri(model), problems);
    return { ...report, diagnostics };
  }

  /** Problems at their lines, for which the text has to be written: only where there are any. */
  private async placed(model: vscode.Uri, diagnostics: readonly Diagnostic[]): Promise<ModelProblem[]> {
    const { inspector, inspections } = this.services;
    const [text, profile] = await Promise.all([
      inspector.read('text', { path: model.fsPath, elideOver: 16 }),
      inspections.report(model),
    ]);
    await unpackInSlices(profile, () => setImmediate());
    const layers = profile.layers.map(({ name }) => name);
    const places = new Places({ lines: text.text.split('\n'), nodeLines: text.nodeLines, layers });
    return diagnostics.map((finding) => {
      const { line, start, end } = places.of(finding);
      return new ModelProblem(new vscode.Range(line, start, line, end), finding);
    });
  }
}
