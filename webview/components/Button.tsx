/** A push button. Wraps the toolkit's. */
import { type ComponentChild, type RefObject, type VNode } from 'preact';
import { toolkitElement } from './toolkit';
import { Icon, type IconName } from './Icon';

/** What a button needs to know. */
export interface ButtonProps {
  readonly children?: ComponentChild;
  readonly icon?: IconName;
  /** An icon after the words: the arrow of a menu. */
  readonly endIcon?: IconName;
  readonly look?: 'primary' | 'secondary' | 'icon';
  /** Longer than the words; shown on hover. */
  readonly help?: string;
  /** Spoken name of a button without words. */
  readonly label?: string;
  readonly onClick: () => void;
  /** For a button that opens a menu. */
  readonly expanded?: boolean;
  readonly elementRef?: RefObject<HTMLElement>;
}

/** A button that does something at once. */
export function Button(props: ButtonProps): VNode {
  const { children, icon, endIcon, look = 'secondary', help, label, onClick, expanded, elementRef } = props;
  const menu = expanded === undefined ? {} : { 'aria-haspopup': 'menu', 'aria-expanded': String(expanded) };
  return toolkitElement(
    'vscode-button',
    { appearance: look, title: help, 'aria-label': label, onClick, ref: elementRef, class: 'button', ...menu },
    icon && look !== 'icon' && <Icon name={icon} slot="start" />,
    icon && look === 'icon' ? <Icon name={icon} /> : children,
    endIcon && <Icon name={endIcon} slot="end" />,
  );
}
