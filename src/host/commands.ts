/** Every command of the manifest gets its handler here: forgetting one fails to compile. */
import * as vscode from 'vscode';
import { familyCommand, type OwnCommandId, passCommand } from '../manifest/commands';
import { familiesOf, type Family } from '../manifest/families';
import { type PassId } from '../passes/declarations';

/** What a command does; its arguments come from menus, keybindings or other extensions and may be anything. */
export type Handler = (...args: unknown[]) => unknown;

/** Handlers of the commands that are written by hand. */
export type OwnHandlers = Readonly<Record<OwnCommandId, Handler>>;

/** Handlers of everything. */
export interface Handlers {
  readonly own: OwnHandlers;
  readonly family: (family: Family, ...args: unknown[]) => unknown;
  readonly pass: (pass: PassId, ...args: unknown[]) => unknown;
}

/** Registers every command. What a handler throws is given to `failed`, which shows it. */
export function registerCommands(
  { own, family, pass }: Handlers,
  failed: (thrown: unknown) => unknown,
): vscode.Disposable {
  const families = familiesOf();
  const handlers: Record<string, Handler> = { ...own };
  for (const entry of families) {
    handlers[familyCommand(entry.family)] = (...args) => family(entry.family, ...args);
    for (const id of entry.passes) handlers[passCommand(id)] = (...args) => pass(id, ...args);
  }
  const registered = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await handler(...args);
      } catch (thrown) {
        void failed(thrown);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
