/** Answers given along with a command, by a keybinding, a task or another extension: then nothing is asked. */
import type * as vscode from 'vscode';
import { type PassDeclaration } from '../../pass/declaration';
import { parseOptions } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { type DataChoice } from '../data/chooseData';
import { type OptionValues } from './questions';

/** The second argument of the command of a pass. */
export interface Preset {
  readonly options: Readonly<Record<string, unknown>>;
  /** Default: beside the model. */
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly data?: DataChoice;
  /** Cancels the job; only code inside the extension host can give one. */
  readonly token?: vscode.CancellationToken;
}

/** The preset among the arguments of a command, if there is one: an object with `options`. */
export function presetIn(args: readonly unknown[]): Preset | undefined {
  return args.find((argument): argument is Preset => {
    if (typeof argument !== 'object' || argument === null || !('options' in argument)) return false;
    return typeof argument.options === 'object' && argument.options !== null;
  });
}

/** The options of a preset, checked and filled in. */
export function presetOptions(declaration: PassDeclaration, { options }: Preset): OptionValues {
  try {
    return parseOptions(declaration.options, options);
  } catch (error) {
    throw LapidaryError.from(error, 'usage', { pass: declaration.id });
  }
}
