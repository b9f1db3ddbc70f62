/** Compares two models: asks for the other one and for data, runs the job, shows the result. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type CompareReport } from '../../protocol/report';
import { chooseData, type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { activeModel, chooseModel } from '../models/chooseModel';
import { type Dimensions } from '../models/dimensions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { type ResultPanels } from '../result/resultPanels';
import { evaluateRequest } from '../settings';
import { plainLabel, plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { type Outcome, type Place, runSteps } from '../wizard/steps';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { candidates, inOrder } from './modelPair';

type ComparisonData = Exclude<DataChoice, 'none'>;

/** The way from two models to a result page. */
export class Comparer {
  constructor(
    private readonly files: ModelFiles,
    private readonly jobs: JobRunner,
    private readonly results: () => ResultPanels,
    private readonly memory: DataMemory,
    private readonly dimensions: Dimensions,
  ) {}

  /** "Compare With…": the first model is what the command was run on; both may also be given, and data with them. */
  async compareWith(...args: readonly unknown[]): Promise<CompareReport | undefined> {
    const [first, second, data] = args;
    if (!(await isTrusted())) return undefined;
    // The explorer gives all selected files as its second argument.
    const other = modelUri(second);
    const known = modelUri(first) ?? activeModel();
    if (known && other && data !== undefined) return this.run(known, other, data as ComparisonData);
    return this.ask(known, other);
  }

  /** "Compare Selected Models": two files of the explorer. */
  async compareSelected(...args: readonly unknown[]): Promise<CompareReport | undefined> {
    const selected: readonly unknown[] = Array.isArray(args[1]) ? args[1] : [];
    const [first, second] = selected.map(modelUri);
    if (!first || !second || !(await isTrusted())) return undefined;
    return this.ask(...inOrder(first, second, ({ fsPath }) => fsPath));
  }

  /** Asks for what is not known yet; `first` and `second` are before and after when both are given. */
  async ask(first?: vscode.Uri, second?: vscode.Uri): Promise<CompareReport | undefined> {
    const models = await this.files.list();
    const pathOf = ({ fsPath }: vscode.Uri): string => fsPath;
    let [a, b] = [first, second];
    let data: ComparisonData = 'random';
    const askFirst = async (place: Place): Promise<Outcome> => {
      const placeholder = vscode.l10n.t('The model before');
      const answer = await chooseModel({ title: vscode.l10n.t('Compare Models'), placeholder, place, models });
      if (answer.outcome === 'next') a = answer.value;
      return answer.outcome;
    };
    const askSecond = async (place: Place): Promise<Outcome> => {
      const title = vscode.l10n.t('Compare {0} With', nameOf(a));
      const placeholder = vscode.l10n.t('The other model');
      const answer = await chooseModel({
        title,
        placeholder,
        place,
        models: a ? candidates(a, models, pathOf) : models,
      });
      if (answer.outcome === 'next') b = answer.value;
      return answer.outcome;
    };
    const askData = async (place: Place): Promise<Outcome> => {
      const title = vscode.l10n.t('Compare {0} With {1}', nameOf(a), nameOf(b));
      const current = (a && this.memory.recall(a)) ?? 'random';
      const answer = await chooseData({ title, place, current, offer: ['random'] });
      if (answer.outcome === 'next' && answer.value !== 'none') data = answer.value;
      return answer.outcome;
    };
    const steps = [...(first ? [] : [askFirst]), ...(second ? [] : [askSecond]), askData];
    if (!(await runSteps(() => steps)) || !a || !b) return undefined;
    this.memory.remember(a, data);
    const [before, after] = second ? [a, b] : inOrder(a, b, pathOf);
    return this.run(before, after, data);
  }

  private async run(before: vscode.Uri, after: vscode.Uri, data: ComparisonData): Promise<CompareReport> {
    const names = [before, after].map(({ fsPath }) => path.basename(fsPath));
    const title = vscode.l10n.t('Comparing {0} with {1}', names[0] ?? '', names[1] ?? '');
    const bindings = this.dimensions.bindings(before);
    const request = { a: before.fsPath, b: after.fsPath, ...bindings, ...evaluateRequest(data) };
    const report = await withProgress(plainMessage(title), (shown) => this.jobs.run('compare', request, shown));
    await this.results().show({ kind: 'compare', report });
    return report;
  }
}

const nameOf = (model: vscode.Uri | undefined): string => plainLabel(path.posix.basename(model?.path ?? ''));
