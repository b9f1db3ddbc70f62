/** Finds the command, reads its arguments, runs it, turns errors into messages and exit codes. */
import { declarations } from '../passes/declarations';
import { describeError, exitCodeOf, LapidaryError, type ErrorReport } from '../protocol/errors';
import { visibleName } from '../report/text';
import { isOn, parseArguments, type Arguments } from './arguments';
import { type Command, type Terminal } from './command';
import { auditCommand } from './commands/audit';
import { checkCommand } from './commands/check';
import { compareCommand } from './commands/compare';
import { inspectCommand } from './commands/inspect';
import { passCommand } from './commands/pass';
import { passesCommand } from './commands/passes';
import { runCommand } from './commands/run';
import { saveCommand } from './commands/save';
import { sensitivityCommand } from './commands/sensitivity';
import { textCommand } from './commands/text';
import { helpFlag } from './flags';
import { commandHelp, generalHelp } from './help';
import { suggest } from './suggest';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  inspectCommand,
  textCommand,
  passesCommand,
  ...Object.values(declarations).map(passCommand),
  runCommand,
  checkCommand,
  auditCommand,
  sensitivityCommand,
  compareCommand,
  saveCommand,
];

/** Runs a command line; resolves to the exit code. */
export async function run(words: readonly string[], version: string, terminal: Terminal): Promise<number> {
  const json = words.includes('--json');
  try {
    return (await dispatch(words, version, terminal)) ?? 0;
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    const { stack, ...report } = error.toReport();
    if (json) terminal.print(JSON.stringify({ error: report }, null, 2));
    terminal.note(errorText(report));
    if (error.code === 'internal' && stack) terminal.note(stack);
    return exitCodeOf(error.code);
  }
}

async function dispatch(words: readonly string[], version: string, terminal: Terminal): Promise<number | void> {
  const [name, ...rest] = words;
  if (name === undefined) {
    throw new LapidaryError('usage', 'No command.', { hint: 'lapidary --help lists them.' });
  }
  if (['--help', '-h', 'help'].includes(name)) {
    const [topic] = rest;
    const page =
      topic === undefined
        ? generalHelp(commands, version, terminal.columns)
        : commandHelp(find(topic), terminal.columns);
    terminal.print(page);
    return;
  }
  if (name === '--version') {
    terminal.print(version);
    return;
  }
  const command = find(name);
  const args = parseArguments(rest, [...command.flags, helpFlag]);
  if (isOn(args, 'help')) {
    terminal.print(commandHelp(command, terminal.columns));
    return;
  }
  checkOperands(command, args);
  return command.run(args, terminal);
}

function find(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command) return command;
  const meant = suggest(
    name,
    commands.map((each) => each.name),
  );
  throw new LapidaryError('usage', `There is no command "${name}".`, {
    hint: meant ? `Did you mean ${meant}?` : 'lapidary --help lists them.',
  });
}

function checkOperands({ name, operands, usage }: Command, { positional }: Arguments): void {
  const hint = `Usage: lapidary ${name} ${usage}`.trimEnd();
  const missing = operands[positional.length];
  if (missing !== undefined) throw new LapidaryError('usage', `${missing} is missing.`, { hint });
  const extra = positional[operands.length];
  if (extra !== undefined) throw new LapidaryError('usage', `What is "${extra}" for?`, { hint });
}

function errorText(report: ErrorReport): string {
  const { hint, ...rest } = report;
  const text = `lapidary: ${visibleName(describeError(rest))}`;
  return hint === undefined ? text : `${text}\n  ${visibleName(hint)}`;
}
