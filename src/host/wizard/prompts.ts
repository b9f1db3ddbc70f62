/** Quick picks and input boxes with a step counter and a way back. */
import * as vscode from 'vscode';
import { type Outcome, type Place } from './steps';

/** What a person answered, or that they went away. */
export type Answer<T> =
  { readonly outcome: 'next'; readonly value: T } | { readonly outcome: Exclude<Outcome, 'next'> };

/** An item that stands for a value; without one it is a separator. */
export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value?: T;
}

interface PromptOptions {
  readonly title: string;
  readonly placeholder: string;
  /** How to choose, in a sentence or two. */
  readonly help?: string;
  readonly place: Place;
}

/** Asks for one of some items. `active` is focused at first; `onActive` hears of each item that gets the focus. */
export function pickOne<T>(
  options: PromptOptions & {
    readonly items: readonly PickItem<T>[];
    readonly active?: (value: T) => boolean;
    readonly onActive?: (value: T, picker: vscode.QuickPick<PickItem<T>>) => void;
  },
): Promise<Answer<T>> {
  const { items, active, onActive } = options;
  const picker = vscode.window.createQuickPick<PickItem<T>>();
  picker.items = items;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.activeItems = items.filter(({ value }) => value !== undefined && active?.(value) === true).slice(0, 1);
  const [first] = picker.activeItems;
  if (first?.value !== undefined) onActive?.(first.value, picker);
  picker.onDidChangeActive(([item]) => {
    if (item?.value !== undefined) onActive?.(item.value, picker);
  });
  return answered(picker, options, () => picker.selectedItems[0]?.value);
}

/** Asks which of some items hold. */
export function pickMany<T>(
  options: PromptOptions & {
    readonly items: readonly PickItem<T>[];
    readonly picked: (value: T) => boolean;
  },
): Promise<Answer<readonly T[]>> {
  const { items, picked } = options;
  const picker = vscode.window.createQuickPick<PickItem<T>>();
  picker.canSelectMany = true;
  picker.items = items;
  picker.selectedItems = items.filter(({ value }) => value !== undefined && picked(value));
  return answered(picker, options, () =>
    picker.selectedItems.flatMap(({ value }) => (value === undefined ? [] : [value])),
  );
}

/** Asks for a text; `check` says what is wrong with it. */
export function enterText(
  options: PromptOptions & {
    readonly prompt: string;
    readonly value: string;
    readonly check: (text: string) => string | undefined;
  },
): Promise<Answer<string>> {
  const { prompt, value, check } = options;
  const box = vscode.window.createInputBox();
  box.prompt = prompt;
  box.value = value;
  box.onDidChangeValue((text) => (box.validationMessage = check(text)));
  return answered(box, options, () => {
    box.validationMessage = check(box.value);
    return box.validationMessage ? undefined : box.value;
  });
}

/**
 * Shows a text of any length under the field of a quick pick where VS Code can (since 1.108; our types are older), else
 * as much of it as fits into the empty field.
 */
export function showHelp(picker: vscode.QuickPick<vscode.QuickPickItem>, help: string): void {
  if ('prompt' in picker) picker.prompt = help;
  else Object.assign(picker, { placeholder: help });
}

/** Shows an input until it is accepted with an answer, left by its back button, or closed. */
function answered<T>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  { title, placeholder, help, place }: PromptOptions,
  answer: () => T | undefined,
): Promise<Answer<T>> {
  input.title = title;
  input.placeholder = placeholder;
  if (help !== undefined && 'items' in input) showHelp(input, help);
  input.step = place.total > 1 ? place.step : undefined;
  input.totalSteps = place.total > 1 ? place.total : undefined;
  // Choosing options may take a look into a file: a click beside the picker must not throw the answers away.
  input.ignoreFocusOut = true;
  input.buttons = place.canGoBack ? [vscode.QuickInputButtons.Back] : [];
  return new Promise((resolve) => {
    const end = (result: Answer<T>): void => {
      // First the answer: hiding fires an event that would be taken for giving up.
      resolve(result);
      input.dispose();
    };
    input.onDidAccept(() => {
      const value = answer();
      if (value !== undefined) end({ outcome: 'next', value });
    });
    input.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) end({ outcome: 'back' });
    });
    input.onDidHide(() => end({ outcome: 'cancel' }));
    input.show();
  });
}
