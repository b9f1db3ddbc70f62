/** A choice of one among a few. Wraps the toolkit's dropdown. */
import { type VNode } from 'preact';
import { toolkitElement } from './toolkit';

/** What a choice needs to know. */
export interface SelectProps<Value extends string> {
  readonly value: Value;
  /** Spoken name. */
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly title: string }[];
  readonly onChange: (value: Value) => void;
}

/** A dropdown that shows what is chosen. */
export function Select<Value extends string>({ value, label, options, onChange }: SelectProps<Value>): VNode {
  const report = (event: Event): void => {
    const chosen = (event.currentTarget as HTMLElement & { value: string }).value;
    const option = options.find((each) => each.value === chosen);
    // The element also reports the value that it was given.
    if (option && option.value !== value) onChange(option.value);
  };
  const children = options.map((option) =>
    toolkitElement(
      'vscode-option',
      { key: option.value, value: option.value, selected: option.value === value },
      option.title,
    ),
  );
  return toolkitElement(
    'vscode-dropdown',
    { value, 'aria-label': label, class: 'select', onChange: report },
    ...children,
  );
}
