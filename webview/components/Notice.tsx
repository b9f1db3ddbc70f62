/** A line that a person should not miss: what happened, with a picture that says how bad it is. */
import { type ComponentChildren, type VNode } from 'preact';
import { text } from '../strings';
import { Icon } from './Icon';

/** A note, or a warning in the warning colour. */
export function Notice({ kind, children }: { kind: 'note' | 'warning'; children: ComponentChildren }): VNode {
  return (
    <p class={`notice notice-${kind}`}>
      <Icon name={kind === 'warning' ? 'warning' : 'info'} label={text(kind)} />
      <span class="notice-text">{children}</span>
    </p>
  );
}
