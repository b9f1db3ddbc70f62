/** Compresses a model: asks, runs the job, shows the result. */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { familiesOf, type Family } from '../../manifest/families';
import { type Options } from '../../pass/option';
import { declarations, isPassId, type PassId } from '../../passes/declarations';
import { presets } from '../../passes/presets';
import { type CompressRequest } from '../../protocol/jobs';
import { type CompressReport, type PassStep } from '../../protocol/report';
import { type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { activeModel, chooseModel } from '../models/chooseModel';
import { type Dimensions } from '../models/dimensions';
import { type Exclusions } from '../models/exclusions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { evaluateRequest, evaluationIsEnabled, optionDefault } from '../settings';
import { isTrusted } from '../trust';
import { askPlan, type Choice } from './askPlan';
import { chooseOutput, type Output } from './chooseOutput';
import { exceptOnly, onlyIn, type OnlyLayers } from './only';
import { outputName } from './outputName';
import { passWork, type Plan } from './plan';
import { type Preset, presetIn, presetOptions } from './preset';
import { type Compressions } from './runCompression';

/** What a command offers: one choice is not asked for. */
type Choices = readonly [Choice, ...Choice[]];

/** The way from a command to a result page. */
export class Compressor {
  constructor(
    private readonly files: ModelFiles,
    private readonly compressions: Compressions,
    private readonly memory: DataMemory,
    private readonly dimensions: Dimensions,
    private readonly exclusions: Exclusions,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The command of a family: one of its passes is chosen first, or a preset. */
  family(family: Family, ...args: unknown[]): Promise<CompressReport | undefined> {
    const passes = familiesOf().find((each) => each.family === family)?.passes ?? [];
    const ready = family === 'quantize' ? presets.map((preset): Choice => ({ kind: 'preset', preset })) : [];
    const [first, ...others] = [...ready, ...passes.map((pass): Choice => ({ kind: 'pass', pass }))];
    if (!first) throw new Error(`There is no pass in the family ${family}`);
    return this.compress([first, ...others], args);
  }

  /** The command of a pass. */
  pass(pass: PassId, ...args: unknown[]): Promise<CompressReport | undefined> {
    return this.compress([{ kind: 'pass', pass }], args);
  }

  /** A single step with its options decided already: what mends a problem. Asks only before it overwrites. */
  async step(model: vscode.Uri, { pass, options }: PassStep): Promise<CompressReport | undefined> {
    if (!isPassId(pass) || !(await isTrusted())) return undefined;
    const work = passWork(pass, presetOptions(declarations[pass], { options }));
    const output = await chooseOutput(model, work.suffix);
    const plan = { model, work, data: this.defaultData(model) };
    return output && this.run(plan, output, this.exclusionsOf(model, undefined));
  }

  private async compress(choices: Choices, args: readonly unknown[]): Promise<CompressReport | undefined> {
    if (!(await isTrusted())) return undefined;
    const model = modelUri(args[0]) ?? activeModel() ?? (await this.askModel(choices));
    if (!model) return undefined;
    const preset = presetIn(args);
    const only = onlyIn(args);
    const left = this.exclusionsOf(model, only);
    const plan = preset ? this.presetPlan(model, choices, preset) : await this.ask(model, choices, left, only);
    const output = plan && (preset ? presetOutput(plan, preset) : await chooseOutput(plan.model, plan.work.suffix));
    return output && this.run(plan, output, left, preset?.token);
  }

  private async askModel(choices: Choices): Promise<vscode.Uri | undefined> {
    const [only] = choices;
    const title = choices.length === 1 && only.kind === 'pass' ? declarations[only.pass].title : 'Choose a Model';
    const answer = await chooseModel({
      title: vscode.l10n.t(title),
      placeholder: vscode.l10n.t('Which model to make smaller'),
      place: { step: 1, total: 1, canGoBack: false },
      models: await this.files.list(),
    });
    return answer.outcome === 'next' ? answer.value : undefined;
  }

  private async ask(
    model: vscode.Uri,
    choices: Choices,
    left: LeftAlone,
    only: OnlyLayers | undefined,
  ): Promise<Plan | undefined> {
    const plan = await askPlan({
      model,
      choices,
      ...(only && { only: only.layers }),
      data: this.defaultData(model),
      optionDefault: (pass, option) => startValue(pass, option, model, left),
      reject: (message) => this.log.warn(`A setting was left out of account. ${message}`),
    });
    if (plan) this.memory.remember(model, plan.data);
    return plan;
  }

  /** Answers that came with a command are for a pass; that of a family takes its first one. */
  private presetPlan(model: vscode.Uri, choices: Choices, preset: Preset): Plan {
    const choice = choices.find((each) => each.kind === 'pass');
    if (!choice) throw new Error('There is no pass to choose');
    const options = presetOptions(declarations[choice.pass], preset);
    return { model, work: passWork(choice.pass, options), data: preset.data ?? this.defaultData(model) };
  }

  /** Layers that were excluded in the tree or in the text; or all but those that the command is for. */
  private exclusionsOf(model: vscode.Uri, only: OnlyLayers | undefined): LeftAlone {
    return (pass) => (only ? exceptOnly(only, pass) : this.exclusions.of(model));
  }

  private defaultData(model: vscode.Uri): DataChoice {
    return evaluationIsEnabled() ? (this.memory.recall(model) ?? 'random') : 'none';
  }

  private run(plan: Plan, output: Output, left: LeftAlone, token?: vscode.CancellationToken): Promise<CompressReport> {
    const made = compressRequest(plan, output);
    const steps = made.steps.map((step) => withExclusions(step, left(step.pass)));
    const request = { ...this.dimensions.bindings(plan.model), ...made, steps };
    return this.compressions.run(vscode.l10n.t(plan.work.title), request, token);
  }
}

/** Names of layers that a pass is not to touch. */
type LeftAlone = (pass: string) => readonly string[];

/** What the settings say of an option; layers that are to be left alone are, besides. */
function startValue(pass: PassId, option: string, model: vscode.Uri, left: LeftAlone): unknown {
  const set = optionDefault(pass, option, model);
  const excluded = option === 'exclude' ? left(pass) : [];
  return excluded.length > 0 ? [...(Array.isArray(set) ? (set as unknown[]) : []), ...excluded] : set;
}

/** A preset says nothing of layers to leave alone: those that the person excluded are. */
function withExclusions(step: PassStep, excluded: readonly string[]): PassStep {
  const declared: Options = isPassId(step.pass) ? declarations[step.pass].options : {};
  if (excluded.length === 0 || step.options.exclude !== undefined || !declared.exclude) return step;
  return { ...step, options: { ...step.options, exclude: excluded } };
}

function compressRequest({ model, work, data }: Plan, { path: output, overwrite }: Output): CompressRequest {
  const dataSet = typeof data === 'string' ? undefined : data;
  return {
    input: model.fsPath,
    output,
    overwrite,
    steps: work.steps,
    ...(dataSet && work.data ? { data: dataSet } : {}),
    evaluate: data === 'none' ? false : evaluateRequest(data),
  };
}

function presetOutput({ model, work }: Plan, { output, overwrite = false }: Preset): Output {
  const beside = path.join(path.dirname(model.fsPath), outputName(path.basename(model.fsPath), work.suffix));
  const file = output ?? beside;
  // Whoever asks for a file that is there and does not say "overwrite" gets the worker's error.
  return { path: file, overwrite: overwrite && fs.existsSync(file) };
}
