/** What a command is. */
import { type JobKind, type Jobs } from '../protocol/jobs';
import { type Arguments, type Flag } from './arguments';

/** Runs jobs and prints for a command. */
export interface Terminal {
  /** Runs a job with progress and Ctrl-C. */
  run<K extends JobKind>(kind: K, request: Jobs[K]['request']): Promise<Jobs[K]['result']>;
  /** Text for a person, or the JSON document, on standard output. */
  print(text: string): void;
  /** A remark on standard error. */
  note(text: string): void;
  /** Columns of the terminal; undefined when the output goes to a file or another program. */
  readonly columns: number | undefined;
  /** Whether to emphasise with escape sequences. */
  readonly styled: boolean;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name: "MODEL -o OUT". */
  readonly usage: string;
  /** Names of the arguments that have to be there. */
  readonly operands: readonly string[];
  readonly flags: readonly Flag[];
  /** Paragraphs below the flags. */
  readonly notes?: readonly string[];
  /** Resolves to the exit code; nothing means 0. */
  run(args: Arguments, terminal: Terminal): Promise<number | void>;
}
