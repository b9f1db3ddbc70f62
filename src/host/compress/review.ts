/** The last step before a pass: what will be done, each line of which can still be changed. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type PassDeclaration } from '../../pass/declaration';
import { declarations, type PassId } from '../../passes/declarations';
import { dataText } from '../data/chooseData';
import { plainLabel } from '../text/plain';
import { pickOne, type PickItem } from '../wizard/prompts';
import { type Outcome, type Place } from '../wizard/steps';
import { outputName } from './outputName';
import { type Plan } from './plan';
import { hasChoice, type OptionValues, type Question, questionOf, valueText } from './questions';

/** What the review shows and can change. */
export interface Reviewed {
  readonly plan: () => Plan;
  /** Of the only pass; a preset's options are what makes it that preset. */
  readonly declaration?: PassDeclaration;
  readonly options: () => OptionValues;
  readonly change: (question: Question) => Promise<Outcome>;
  readonly set: (values: OptionValues) => void;
  readonly changeData: () => Promise<Outcome>;
}

type Line = { readonly kind: 'start' | 'more' | 'data' } | { readonly kind: 'option'; readonly id: string };

/** Shows the review until the person starts the pass ('next'), goes back, or gives up. */
export async function review(place: Place, reviewed: Reviewed): Promise<Outcome> {
  let advanced = false;
  let active: Line = { kind: 'start' };
  for (;;) {
    const answer = await pickOne({
      title: plainLabel(vscode.l10n.t(reviewed.plan().work.title)),
      placeholder: vscode.l10n.t('Press Enter to start, or choose what to change'),
      place,
      items: lines(reviewed, advanced),
      active: (line) => sameLine(line, active),
    });
    if (answer.outcome !== 'next') return answer.outcome;
    const line = answer.value;
    if (line.kind === 'start') return 'next';
    active = line;
    if (line.kind === 'more') {
      advanced = true;
      active = firstAdvanced(reviewed);
    } else if ((await changeLine(line, reviewed)) === 'cancel') {
      return 'cancel';
    }
  }
}

async function changeLine(line: Line, { declaration, options, set, change, changeData }: Reviewed): Promise<Outcome> {
  if (line.kind === 'data') return changeData();
  const option = line.kind === 'option' ? declaration?.options[line.id] : undefined;
  if (line.kind !== 'option' || !option) return 'back';
  if (option.kind === 'flag') {
    // Yes or no needs no list of its own: choosing the line turns it over.
    set({ [line.id]: options()[line.id] !== true });
    return 'next';
  }
  return change(questionOf(line.id, option));
}

function lines(reviewed: Reviewed, showAdvanced: boolean): PickItem<Line>[] {
  const { t } = vscode.l10n;
  const { model, work, data } = reviewed.plan();
  const options = reviewed.options();
  const source = path.posix.basename(model.path);
  const all = Object.entries(reviewed.declaration?.options ?? {}).filter(([, option]) => hasChoice(option));
  const plain = all.filter(([, option]) => !option.advanced);
  const advanced = all.filter(([, option]) => option.advanced);
  const words = { yes: t('yes'), no: t('no'), none: t('none') };
  const optionLine = ([id, option]: (typeof all)[number]): PickItem<Line> => ({
    label: plainLabel(t(option.title)),
    description: plainLabel(t(valueText(option, options[id], words))),
    value: { kind: 'option', id },
  });
  const separator = (label: string): PickItem<Line> => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const more: PickItem<Line> = {
    label: `$(ellipsis) ${t('More options…')}`,
    description: advanced.map(([, option]) => t(option.title)).join(', '),
    value: { kind: 'more' },
  };
  return [
    {
      label: `$(play) ${t('Create {0}', plainLabel(outputName(source, work.suffix)))}`,
      detail: [...stepTitles(reviewed), t('A new file beside {0}, which stays as it is', plainLabel(source))].join(
        ' · ',
      ),
      value: { kind: 'start' },
    },
    ...(all.length > 0 ? [separator(t('Options'))] : []),
    ...plain.map(optionLine),
    ...(advanced.length === 0 ? [] : showAdvanced ? advanced.map(optionLine) : [more]),
    separator(t('Proof')),
    {
      label: `$(beaker) ${work.data ? t('Learn from and compare on') : t('Compare on')}`,
      description: plainLabel(dataText(data)),
      value: { kind: 'data' },
    },
  ];
}

/** What a preset is made of. */
function stepTitles({ declaration, plan }: Reviewed): string[] {
  if (declaration) return [];
  const titles = plan().work.steps.map(({ pass }) => vscode.l10n.t(declarations[pass as PassId].title));
  return [titles.join(' → ')];
}

function firstAdvanced({ declaration }: Reviewed): Line {
  const first = Object.entries(declaration?.options ?? {}).find(([, option]) => option.advanced && hasChoice(option));
  return first ? { kind: 'option', id: first[0] } : { kind: 'start' };
}

function sameLine(a: Line, b: Line): boolean {
  return a.kind === b.kind && (a.kind !== 'option' || (b.kind === 'option' && a.id === b.id));
}
