/** Help pages, laid out for a terminal. */
import { type Flag } from './arguments';
import { type Command } from './command';
import { helpFlag } from './flags';

const widest = 100;

/** Text in lines of at most the terminal's width, indented. */
export function wrap(text: string, indent: number, columns = widest): string[] {
  const room = Math.max(30, Math.min(columns, widest) - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}

/** The list of commands. */
export function generalHelp(commands: readonly Command[], version: string, columns?: number): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const list = commands.flatMap(({ name, summary }) => {
    const [first = '', ...rest] = wrap(summary, width + 2, columns);
    return [`  ${name.padEnd(width)}${first.trimStart()}`, ...rest];
  });
  return [
    `lapidary ${version}: makes ONNX models smaller and faster, and proves it.`,
    '',
    'Usage: lapidary COMMAND …',
    '',
    ...list,
    '',
    'lapidary COMMAND --help says more. Exit codes: 0 done, 2 bad usage, 3 not a readable model,',
    '4 nothing to do or not supported, 5 the runtime failed, 6 a gate failed, 130 cancelled.',
  ].join('\n');
}

/** The page of one command. */
export function commandHelp(command: Command, columns?: number): string {
  const { name, usage, summary, flags, notes = [] } = command;
  const [common, advanced] = [flags.filter((flag) => !flag.advanced), flags.filter((flag) => flag.advanced)];
  return [
    ...wrap(summary, 0, columns),
    '',
    `Usage: lapidary ${name}${usage === '' ? '' : ` ${usage}`}${flags.length > 0 ? ' [flags]' : ''}`,
    '',
    ...[...common, helpFlag].flatMap((flag) => flagLines(flag, columns)),
    ...(advanced.length > 0 ? ['', 'Advanced', ...advanced.flatMap((flag) => flagLines(flag, columns))] : []),
    ...notes.flatMap((note) => ['', ...wrap(note, 0, columns)]),
  ].join('\n');
}

/** A flag as one types it: "--[no-]latency", "--samples N". */
export function flagText({ name, value, negatable }: Flag): string {
  return `--${negatable ? '[no-]' : ''}${name}${value === undefined ? '' : ` ${value}`}`;
}

function flagLines(flag: Flag, columns?: number): string[] {
  const { short, help } = flag;
  const head = `  ${short === undefined ? '' : `-${short}, `}${flagText(flag)}`;
  const indent = 30;
  const lines = wrap(help, indent, columns);
  return head.length < indent - 1 ? [head.padEnd(indent) + lines[0]!.trimStart(), ...lines.slice(1)] : [head, ...lines];
}
