/** Compresses a model: asks, runs the job, shows the result. */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { familiesOf, type Family } from '../../manifest/families';
import { type PassDeclaration } from '../../pass/declaration';
import { declarations, type PassId } from '../../passes/declarations';
import { LapidaryError } from '../../protocol/errors';
import { type CompressRequest } from '../../protocol/jobs';
import { type CompressReport } from '../../protocol/report';
import { type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { activeModel, chooseModel } from '../models/chooseModel';
import { type Dimensions } from '../models/dimensions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { type ResultPanels } from '../result/resultPanels';
import { evaluateRequest, evaluationIsEnabled, optionDefault } from '../settings';
import { plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { askPlan } from './askPlan';
import { chooseOutput, type Output } from './chooseOutput';
import { outputName } from './outputName';
import { tellOfUnmeasured } from './tellOfUnmeasured';
import { type Plan } from './plan';
import { type Preset, presetIn, presetOptions } from './preset';

/** When a file was last written; undefined when it is not there. */
const modifiedAt = (file: string): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** The way from a command to a result page. */
export class Compressor {
  constructor(
    private readonly files: ModelFiles,
    private readonly jobs: JobRunner,
    private readonly results: ResultPanels,
    private readonly memory: DataMemory,
    private readonly dimensions: Dimensions,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The command of a family: one of its passes is chosen first. */
  family(family: Family, ...args: unknown[]): Promise<CompressReport | undefined> {
    const [first, ...others] = familiesOf().find((each) => each.family === family)?.passes ?? [];
    if (!first) throw new Error(`There is no pass in the family ${family}`);
    return this.compress([first, ...others], args);
  }

  /** The command of a pass. */
  pass(pass: PassId, ...args: unknown[]): Promise<CompressReport | undefined> {
    return this.compress([pass], args);
  }

  private async compress(
    passes: readonly [PassId, ...PassId[]],
    args: readonly unknown[],
  ): Promise<CompressReport | undefined> {
    if (!(await isTrusted())) return undefined;
    const model = modelUri(args[0]) ?? activeModel() ?? (await this.askModel(passes));
    if (!model) return undefined;
    const preset = presetIn(args);
    const plan = preset ? this.presetPlan(model, passes[0], preset) : await this.ask(model, passes);
    const output = plan && (preset ? presetOutput(plan, preset) : await chooseOutput(plan));
    return output && this.run(plan, output, preset?.token);
  }

  private async askModel(passes: readonly PassId[]): Promise<vscode.Uri | undefined> {
    const [pass] = passes;
    const title = passes.length === 1 && pass ? declarations[pass].title : 'Choose a Model';
    const answer = await chooseModel({
      title: vscode.l10n.t(title),
      placeholder: vscode.l10n.t('Which model to make smaller'),
      place: { step: 1, total: 1, canGoBack: false },
      models: await this.files.list(),
    });
    return answer.outcome === 'next' ? answer.value : undefined;
  }

  private async ask(model: vscode.Uri, passes: readonly [PassId, ...PassId[]]): Promise<Plan | undefined> {
    const plan = await askPlan({
      model,
      passes,
      data: this.defaultData(model),
      optionDefault: (pass, option) => optionDefault(pass, option, model),
      reject: (message) => this.log.warn(`A setting was left out of account. ${message}`),
    });
    if (plan) this.memory.remember(model, plan.data);
    return plan;
  }

  private presetPlan(model: vscode.Uri, pass: PassId, preset: Preset): Plan {
    const options = presetOptions(declarations[pass], preset);
    return { model, pass, options, data: preset.data ?? this.defaultData(model) };
  }

  private defaultData(model: vscode.Uri): DataChoice {
    return evaluationIsEnabled() ? (this.memory.recall(model) ?? 'random') : 'none';
  }

  private async run(plan: Plan, output: Output, token?: vscode.CancellationToken): Promise<CompressReport> {
    const title = vscode.l10n.t(
      '{0} of {1}',
      vscode.l10n.t(declarations[plan.pass].title),
      path.basename(plan.model.fsPath),
    );
    const former = modifiedAt(output.path);
    const report = await withProgress(
      plainMessage(title),
      (shown) =>
        this.jobs.run('compress', { ...this.dimensions.bindings(plan.model), ...compressRequest(plan, output) }, shown),
      token,
    ).catch((thrown: unknown) => {
      const isCancelled = LapidaryError.from(thrown).code === 'cancelled';
      if (isCancelled && modifiedAt(output.path) !== former) void tellOfUnmeasured(output.path);
      throw thrown;
    });
    await this.results.show({ kind: 'compress', report });
    return report;
  }
}

function compressRequest({ model, pass, options, data }: Plan, { path: output, overwrite }: Output): CompressRequest {
  const declaration: PassDeclaration = declarations[pass];
  const dataSet = typeof data === 'string' ? undefined : data;
  return {
    input: model.fsPath,
    output,
    overwrite,
    steps: [{ pass, options }],
    ...(dataSet && declaration.needs.data ? { data: dataSet } : {}),
    evaluate: data === 'none' ? false : evaluateRequest(data),
  };
}

function presetOutput({ model, pass }: Plan, { output, overwrite = false }: Preset): Output {
  const beside = path.join(
    path.dirname(model.fsPath),
    outputName(path.basename(model.fsPath), declarations[pass].suffix),
  );
  const file = output ?? beside;
  // Whoever asks for a file that is there and does not say "overwrite" gets the worker's error.
  return { path: file, overwrite: overwrite && fs.existsSync(file) };
}
