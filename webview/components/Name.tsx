/** A name out of a model or a path: always text, shortened from the left, in full on hover. */
import { Fragment, type VNode } from 'preact';
import { visibleName } from '../../src/report/text';
import { text } from '../strings';

/** Shows the end of a name when there is no room for all of it, since the end tells layers apart. */
export function Name({ value, class: className = '' }: { value: string; class?: string }): VNode {
  if (value === '') return <span class={`name quiet ${className}`}>{text('noName')}</span>;
  const shown = visibleName(value);
  // The outer element runs from right to left, which puts the ellipsis on the left; the inner one keeps the order.
  return (
    <span class={`name ${className}`} title={shown}>
      <bdi dir="ltr">{shown}</bdi>
    </span>
  );
}

/** The name of a file in a heading: in full, on a new line after a dot, dash or underscore if it must be. */
export function FileTitle({ path }: { path: string }): VNode {
  const parts = visibleName(fileName(path)).split(/(?<=[._-])/);
  return (
    <h1 title={visibleName(path)}>
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </h1>
  );
}

/** The last part of a path, of either kind of system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).pop() || path;
}
