/** Says that something is going on and nobody knows for how long. Wraps the toolkit's progress ring. */
import { type VNode } from 'preact';
import { toolkitElement } from './toolkit';

/** A turning ring; the words beside it say what is going on. */
export function Spinner(): VNode {
  return toolkitElement('vscode-progress-ring', { 'aria-hidden': 'true', class: 'spinner' });
}
