/** Asks one question about the options of a pass, in the form that suits it. */
import * as vscode from 'vscode';
import { type PassDeclaration } from '../../pass/declaration';
import { type NumberOption, type Option, parseOptionValue } from '../../pass/option';
import { plainLabel } from '../text/plain';
import { type Answer, enterText, pickMany, pickOne } from '../wizard/prompts';
import { type Place } from '../wizard/steps';
import { alternatives, checkText, editText, type OptionValues, type Question } from './questions';

/** Gives the values that the person chose, by option. */
export async function askQuestion(
  declaration: PassDeclaration,
  question: Question,
  current: OptionValues,
  place: Place,
): Promise<Answer<OptionValues>> {
  switch (question.kind) {
    case 'one':
      return askOne(declaration, question, current, place);
    case 'text':
      return askText(declaration, question, current, place);
    case 'flags':
      return askFlags(declaration, question.ids, current, place);
  }
}

const titleOf = (declaration: PassDeclaration, what: string): string =>
  plainLabel(`${vscode.l10n.t(declaration.title)}: ${what}`);

async function askOne(
  declaration: PassDeclaration,
  { id, option }: Extract<Question, { kind: 'one' }>,
  current: OptionValues,
  place: Place,
): Promise<Answer<OptionValues>> {
  const answer = await pickOne<{ value: unknown }>({
    title: titleOf(declaration, vscode.l10n.t(option.title)),
    placeholder: vscode.l10n.t('Choose, then press Enter'),
    help: vscode.l10n.t(option.help),
    place,
    items: alternatives(option).map(({ value, label }) => ({
      label: plainLabel(vscode.l10n.t(label)),
      description: value === option.default ? vscode.l10n.t('default') : undefined,
      value: { value },
    })),
    active: ({ value }) => value === current[id],
  });
  return answer.outcome === 'next' ? { outcome: 'next', value: { [id]: answer.value.value } } : answer;
}

async function askText(
  declaration: PassDeclaration,
  { id, option }: Extract<Question, { kind: 'text' }>,
  current: OptionValues,
  place: Place,
): Promise<Answer<OptionValues>> {
  const answer = await enterText({
    title: titleOf(declaration, vscode.l10n.t(option.title)),
    placeholder: option.kind === 'names' ? vscode.l10n.t('conv1, encoder/*') : '',
    prompt: [vscode.l10n.t(option.help), option.kind === 'number' ? boundsText(option) : ''].join(' ').trim(),
    value: editText(current[id]),
    check: (text) => checkText(id, option, text),
    place,
  });
  if (answer.outcome !== 'next') return answer;
  return { outcome: 'next', value: { [id]: parseOptionValue(id, option, answer.value) } };
}

/** "From 0 to 120 dB." */
function boundsText({ minimum, maximum, unit = '' }: NumberOption): string {
  if (minimum !== undefined && maximum !== undefined) {
    return vscode.l10n.t('From {0} to {1} {2}', minimum, maximum, unit).trim() + '.';
  }
  if (minimum !== undefined) return vscode.l10n.t('At least {0} {1}', minimum, unit).trim() + '.';
  return maximum === undefined ? '' : vscode.l10n.t('At most {0} {1}', maximum, unit).trim() + '.';
}

async function askFlags(
  declaration: PassDeclaration,
  ids: readonly string[],
  current: OptionValues,
  place: Place,
): Promise<Answer<OptionValues>> {
  const optionOf = (id: string): Option | undefined => declaration.options[id];
  const answer = await pickMany({
    title: titleOf(declaration, vscode.l10n.t('Options')),
    placeholder: vscode.l10n.t('Tick what should hold, then press Enter'),
    place,
    items: ids.map((id) => ({
      label: plainLabel(vscode.l10n.t(optionOf(id)?.title ?? id)),
      detail: vscode.l10n.t(optionOf(id)?.help ?? ''),
      value: id,
    })),
    picked: (id) => current[id] === true,
  });
  if (answer.outcome !== 'next') return answer;
  const values = ids.map((id): [string, unknown] => [id, answer.value.includes(id)]);
  return { outcome: 'next', value: Object.fromEntries(values) };
}
