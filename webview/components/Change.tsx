/** A change in words. What got worse has the warning colour and a sign, so that colour is never alone. */
import { type VNode } from 'preact';
import { type Direction } from '../../src/report/ratio';
import { Icon } from './Icon';

/** "3.7× smaller". */
export function Change({ direction, words }: { direction: Direction; words: string }): VNode {
  return (
    <span class={`change change-${direction}`}>
      {direction === 'worse' && <Icon name="warning" />}
      {words}
    </span>
  );
}
