/** What a page remembers while it is hidden: read once, changed bit by bit. */
import { type MutableRef, useCallback, useRef } from 'preact/hooks';
import { type Wire } from '../vscode';

/** What is remembered now (reading it draws nothing anew), and a way to change a part of it. */
export function useRemembered<State extends object>(
  wire: Pick<Wire<never, never, State>, 'recall' | 'remember'>,
  untouched: State,
): readonly [remembered: MutableRef<State>, remember: (change: Partial<State>) => void] {
  const remembered = useRef<State>(wire.recall(untouched));
  const remember = useCallback(
    (change: Partial<State>): void => {
      remembered.current = { ...remembered.current, ...change };
      wire.remember(remembered.current);
    },
    [wire],
  );
  return [remembered, remember];
}
