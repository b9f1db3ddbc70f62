/** A one-line text field. Wraps the toolkit's. */
import { type ComponentChild, type VNode } from 'preact';
import { toolkitElement } from './toolkit';

/** What a text field needs to know. */
export interface TextFieldProps {
  readonly value: string;
  /** Spoken name; the field shows no label of its own. */
  readonly label: string;
  readonly placeholder?: string;
  readonly onInput: (value: string) => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  /** Icons inside the field, with `slot` "start" or "end". */
  readonly children?: ComponentChild;
  readonly class?: string;
}

/** A field that reports every keystroke. */
export function TextField(props: TextFieldProps): VNode {
  const { value, label, placeholder, onInput, onKeyDown, children } = props;
  const report = (event: Event): void => onInput((event.currentTarget as HTMLElement & { value: string }).value);
  const own = { value, placeholder, 'aria-label': label, class: props.class, onInput: report, onKeyDown };
  return toolkitElement('vscode-text-field', own, children);
}
