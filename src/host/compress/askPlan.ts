/** The questions before a pass: which pass, its options, and a last look over everything. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type PassDeclaration } from '../../pass/declaration';
import { declarations, type PassId } from '../../passes/declarations';
import { chooseData, type DataChoice } from '../data/chooseData';
import { plainLabel } from '../text/plain';
import { type Answer, pickOne, showHelp } from '../wizard/prompts';
import { type Outcome, type Place, runSteps, type Step } from '../wizard/steps';
import { askQuestion } from './askOption';
import { outputName } from './outputName';
import { type Plan } from './plan';
import { type OptionValues, questionsOf, startValues } from './questions';
import { review } from './review';

/** Where a plan starts from. */
export interface PlanStart {
  readonly model: vscode.Uri;
  /** What may be chosen; one is not asked for. */
  readonly passes: readonly [PassId, ...PassId[]];
  readonly data: DataChoice;
  readonly optionDefault: (pass: PassId, option: string) => unknown;
  readonly reject: (message: string) => void;
}

/** Asks until everything is known; undefined when the person gave up. */
export async function askPlan(start: PlanStart): Promise<Plan | undefined> {
  const draft = new Draft(start);
  const confirmed = await runSteps(() => draft.steps());
  return confirmed ? draft.plan() : undefined;
}

class Draft {
  private pass: PassId;
  private options: OptionValues;
  private data: DataChoice;

  constructor(private readonly start: PlanStart) {
    this.data = start.data;
    [this.pass] = start.passes;
    this.options = this.defaults();
  }

  private get declaration(): PassDeclaration {
    return declarations[this.pass];
  }

  plan(): Plan {
    const { pass, options, data } = this;
    return { model: this.start.model, pass, options, data };
  }

  steps(): readonly Step[] {
    const questions = questionsOf(this.declaration).map(
      (question): Step =>
        async (place) =>
          this.take(await askQuestion(this.declaration, question, this.options, place)),
    );
    const { data } = this.declaration.needs;
    return [
      ...(this.start.passes.length > 1 ? [(place: Place) => this.askPass(place)] : []),
      ...questions,
      ...(data === 'required' ? [(place: Place) => this.askData(place)] : []),
      (place) => this.confirm(place),
    ];
  }

  private defaults(): OptionValues {
    const { optionDefault, reject } = this.start;
    return startValues(this.declaration, (id) => optionDefault(this.pass, id), reject);
  }

  private take(answer: Answer<OptionValues>): Outcome {
    if (answer.outcome === 'next') this.options = { ...this.options, ...answer.value };
    return answer.outcome;
  }

  private async askPass(place: Place): Promise<Outcome> {
    const { passes, model } = this.start;
    const answer = await pickOne({
      title: plainLabel(path.posix.basename(model.path)),
      placeholder: vscode.l10n.t('What to do with the model'),
      place,
      items: passes.map((value) => ({
        label: vscode.l10n.t(declarations[value].title),
        description: plainLabel(outputName(path.posix.basename(model.path), declarations[value].suffix)),
        detail: vscode.l10n.t(declarations[value].summary),
        value,
      })),
      active: (value) => value === this.pass,
      // Passes ask for different things: the counter says what lies ahead with the one in focus.
      onActive: (value, picker) => {
        showHelp(picker, vscode.l10n.t(declarations[value].summary));
        picker.totalSteps = place.total - questionCount(this.pass) + questionCount(value);
      },
    });
    if (answer.outcome === 'next' && answer.value !== this.pass) {
      this.pass = answer.value;
      this.options = this.defaults();
    }
    return answer.outcome;
  }

  private async askData(place: Place): Promise<Outcome> {
    const title = vscode.l10n.t('{0}: Data', vscode.l10n.t(this.declaration.title));
    // What calibrates a pass also proves it; random inputs would calibrate it for nothing that is real.
    const offer = this.declaration.needs.data === 'required' ? [] : (['random', 'none'] as const);
    const answer = await chooseData({ title, place, current: this.data, offer });
    if (answer.outcome === 'next') this.data = answer.value;
    return answer.outcome;
  }

  private confirm(place: Place): Promise<Outcome> {
    return review(place, {
      declaration: this.declaration,
      model: this.start.model,
      current: () => this.plan(),
      change: async (question) => {
        const step = { step: 1, total: 1, canGoBack: true };
        return this.take(await askQuestion(this.declaration, question, this.options, step));
      },
      set: (values) => {
        this.options = { ...this.options, ...values };
      },
      changeData: () => this.askData({ step: 1, total: 1, canGoBack: true }),
    });
  }
}

function questionCount(pass: PassId): number {
  const declaration: PassDeclaration = declarations[pass];
  return questionsOf(declaration).length + (declaration.needs.data === 'required' ? 1 : 0);
}
