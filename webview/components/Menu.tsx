/** A button with a menu of actions (WAI-ARIA menu button pattern); the toolkit has none. */
import { type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './Button';
import { type IconName } from './Icon';

/** One action of a menu. */
export interface MenuItem {
  readonly id: string;
  readonly title: string;
  readonly act: () => void;
}

/** What a menu needs to know. */
export interface MenuProps {
  readonly title: string;
  readonly icon?: IconName;
  readonly help?: string;
  readonly items: readonly MenuItem[];
}

/** Opens below its button; arrow keys, Home, End and first letters move, Escape closes and gives the focus back. */
export function Menu({ title, icon, help, items }: MenuProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const close = (giveFocusBack: boolean): void => {
    setOpen(false);
    if (giveFocusBack) button.current?.focus();
  };
  const focusItem = (index: number): void => {
    const entries = list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [];
    entries[(index + entries.length) % entries.length]?.focus();
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    focusItem(0);
    const onPointerDown = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) close(false);
    };
    document.addEventListener('pointerdown', onPointerDown);
    return () => document.removeEventListener('pointerdown', onPointerDown);
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const entries = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const current = entries.findIndex((entry) => entry === document.activeElement);
    const moves: Record<string, number> = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: -1 };
    const move = moves[event.key];
    if (event.key === 'Escape') close(true);
    else if (event.key === 'Tab') return close(false);
    else if (move !== undefined) focusItem(move);
    else if (event.key.length === 1) focusItem(nextWithLetter(items, current, event.key));
    else return;
    if (event.key !== ' ') event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu" ref={root}>
      <Button
        icon={icon}
        endIcon="down"
        help={help}
        expanded={isOpen}
        elementRef={button}
        onClick={() => setOpen(!isOpen)}
      >
        {title}
      </Button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={title} ref={list} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <button
              key={item.id}
              class="menu-item"
              role="menuitem"
              type="button"
              tabIndex={-1}
              onClick={() => {
                close(true);
                item.act();
              }}
            >
              {item.title}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** The next item that begins with a letter, after the current one; the current one when there is none. */
function nextWithLetter(items: readonly MenuItem[], current: number, letter: string): number {
  for (let step = 1; step <= items.length; step++) {
    const index = (current + step) % items.length;
    if (items[index]?.title.toLowerCase().startsWith(letter.toLowerCase())) return index;
  }
  return current;
}
