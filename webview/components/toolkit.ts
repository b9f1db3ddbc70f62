/**
 * The one place that knows @vscode/webview-ui-toolkit (no longer maintained; docs/adr/0003-webview-toolkit.md says how
 * to leave it). Registers the elements that Button, TextField, Select and Spinner wrap; nothing else may use them.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { type ComponentChild, h, type JSX } from 'preact';

/** Defines the custom elements; call once per page, before rendering. */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

/** An element of the toolkit; JSX knows nothing of these, so each wrapper says what it sets. */
export function toolkitElement(
  tag: `vscode-${string}`,
  props: Readonly<Record<string, unknown>>,
  ...children: readonly ComponentChild[]
): JSX.Element {
  return h(tag, props, ...children);
}
