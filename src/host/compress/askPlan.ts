/** The questions before a pass: which pass, its options, and a last look over everything. */
import path from 'node:path';
import * as vscode from 'vscode';
import { declarations, type PassId } from '../../passes/declarations';
import { type Preset } from '../../passes/presets';
import { chooseData, type DataChoice } from '../data/chooseData';
import { shortenLeft } from '../../report/text';
import { plainLabel } from '../text/plain';
import { pickOne, type PickItem, showHelp } from '../wizard/prompts';
import { type Outcome, type Place, runSteps, type Step } from '../wizard/steps';
import { askQuestion } from './askOption';
import { outputName } from './outputName';
import { passWork, type Plan, presetWork, type Work } from './plan';
import { type OptionValues, type Question, questionsOf, startValues } from './questions';
import { review } from './review';

/** What a person may choose to be done. */
export type Choice =
  { readonly kind: 'pass'; readonly pass: PassId } | { readonly kind: 'preset'; readonly preset: Preset };

/** Where a plan starts from. */
export interface PlanStart {
  readonly model: vscode.Uri;
  /** What may be chosen; one is not asked for. */
  readonly choices: readonly [Choice, ...Choice[]];
  readonly data: DataChoice;
  /** The layers that it is about, where it is not about all. */
  readonly only?: readonly string[];
  readonly optionDefault: (pass: PassId, option: string) => unknown;
  readonly reject: (message: string) => void;
}

/** Asks until everything is known; undefined when the person gave up. */
export async function askPlan(start: PlanStart): Promise<Plan | undefined> {
  const draft = new Draft(start);
  const confirmed = await runSteps(() => draft.steps());
  return confirmed ? draft.plan() : undefined;
}

const oneStep: Place = { step: 1, total: 1, canGoBack: true };

class Draft {
  private choice: Choice;
  /** Of the pass; a preset has its own. */
  private options: OptionValues;
  private data: DataChoice;

  constructor(private readonly start: PlanStart) {
    this.data = start.data;
    [this.choice] = start.choices;
    this.options = this.defaults();
  }

  private get work(): Work {
    const { choice, options } = this;
    return choice.kind === 'pass' ? passWork(choice.pass, options) : presetWork(choice.preset);
  }

  plan(): Plan {
    return { model: this.start.model, work: this.work, data: this.data };
  }

  steps(): readonly Step[] {
    const questions = questionsFor(this.choice).map(
      (question): Step =>
        (place) =>
          this.ask(question, place),
    );
    return [
      ...(this.start.choices.length > 1 ? [(place: Place) => this.choose(place)] : []),
      ...questions,
      ...(this.work.data === 'required' ? [(place: Place) => this.askData(place)] : []),
      (place) => this.confirm(place),
    ];
  }

  private defaults(): OptionValues {
    const { choice, start } = this;
    if (choice.kind === 'preset') return {};
    return startValues(declarations[choice.pass], (id) => start.optionDefault(choice.pass, id), start.reject);
  }

  private async ask(question: Question, place: Place): Promise<Outcome> {
    const { choice, options } = this;
    if (choice.kind === 'preset') return 'next';
    const answer = await askQuestion(declarations[choice.pass], question, options, place);
    if (answer.outcome === 'next') this.options = { ...options, ...answer.value };
    return answer.outcome;
  }

  private async choose(place: Place): Promise<Outcome> {
    const { choices, model, only } = this.start;
    const answer = await pickOne({
      title: [plainLabel(path.posix.basename(model.path)), ...(only ? [onlyText(only)] : [])].join(' · '),
      placeholder: vscode.l10n.t('What to do with the model'),
      place,
      items: choiceItems(choices, path.posix.basename(model.path)),
      active: (value) => sameChoice(value, this.choice),
      // Passes ask for different things: the counter says what lies ahead with the one in focus.
      onActive: (value, picker) => {
        showHelp(picker, vscode.l10n.t(summaryOf(value)));
        picker.totalSteps = place.total - questionCount(this.choice) + questionCount(value);
      },
    });
    if (answer.outcome === 'next' && !sameChoice(answer.value, this.choice)) {
      this.choice = answer.value;
      this.options = this.defaults();
    }
    return answer.outcome;
  }

  private async askData(place: Place): Promise<Outcome> {
    const { title, data: need } = this.work;
    // What calibrates a pass also proves it; random inputs would calibrate it for nothing that is real.
    const offer = need === 'required' ? [] : (['random', 'none'] as const);
    const answer = await chooseData({
      title: vscode.l10n.t('{0}: Data', vscode.l10n.t(title)),
      place,
      current: this.data,
      offer,
    });
    if (answer.outcome === 'next') this.data = answer.value;
    return answer.outcome;
  }

  private confirm(place: Place): Promise<Outcome> {
    const { choice } = this;
    return review(place, {
      plan: () => this.plan(),
      ...(choice.kind === 'pass' && { declaration: declarations[choice.pass] }),
      options: () => this.options,
      change: (question) => this.ask(question, oneStep),
      set: (values) => {
        this.options = { ...this.options, ...values };
      },
      changeData: () => this.askData(oneStep),
    });
  }
}

/** "only conv1", "only 3 layers". */
function onlyText(layers: readonly string[]): string {
  const [name] = layers;
  if (layers.length > 1 || name === undefined) return vscode.l10n.t('only {0} layers', layers.length);
  return vscode.l10n.t('only {0}', plainLabel(shortenLeft(name, 40)));
}

const questionsFor = (choice: Choice): readonly Question[] =>
  choice.kind === 'pass' ? questionsOf(declarations[choice.pass]) : [];

function questionCount(choice: Choice): number {
  const { data } = choice.kind === 'pass' ? passWork(choice.pass, {}) : presetWork(choice.preset);
  return questionsFor(choice).length + (data === 'required' ? 1 : 0);
}

const summaryOf = (choice: Choice): string =>
  choice.kind === 'pass' ? declarations[choice.pass].summary : choice.preset.summary;

const sameChoice = (a: Choice, b: Choice): boolean =>
  a.kind === 'pass' ? b.kind === 'pass' && a.pass === b.pass : b.kind === 'preset' && a.preset.id === b.preset.id;

/** Presets first, then single passes; titles between them where there are both. */
function choiceItems(choices: readonly Choice[], model: string): PickItem<Choice>[] {
  const itemOf = (value: Choice): PickItem<Choice> => {
    const { title, suffix }: { title: string; suffix: string } =
      value.kind === 'pass' ? declarations[value.pass] : value.preset;
    return {
      label: vscode.l10n.t(title),
      description: plainLabel(outputName(model, suffix)),
      detail: vscode.l10n.t(summaryOf(value)),
      value,
    };
  };
  const separator = (label: string): PickItem<Choice> => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const ready = choices.filter(({ kind }) => kind === 'preset').map(itemOf);
  const single = choices.filter(({ kind }) => kind === 'pass').map(itemOf);
  if (ready.length === 0) return single;
  return [separator(vscode.l10n.t('Presets')), ...ready, separator(vscode.l10n.t('Single Passes')), ...single];
}
