/** A one-line text field. Wraps the toolkit's. */
import { type ComponentChild, type VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
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
  /** False marks what was typed as wrong; default true. */
  readonly isValid?: boolean;
}

/** A field that reports every keystroke. */
export function TextField(props: TextFieldProps): VNode {
  const { value, label, placeholder, onInput, onKeyDown, children, isValid = true } = props;
  const report = (event: Event): void => onInput((event.currentTarget as HTMLElement & { value: string }).value);
  const element = useRef<HTMLElement>(null);
  // The element names itself "Text field" when it comes onto the page, whatever it was called before.
  useLayoutEffect(() => element.current?.setAttribute('aria-label', label), [label]);
  const own = {
    ref: element,
    value,
    placeholder,
    'aria-label': label,
    class: `${props.class ?? ''} ${isValid ? '' : 'is-invalid'}`,
    'aria-invalid': String(!isValid),
    onInput: report,
    onKeyDown,
  };
  return toolkitElement('vscode-text-field', own, children);
}
