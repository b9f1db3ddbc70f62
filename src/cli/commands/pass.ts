/** Every pass as a command: flags, help and defaults come from its declaration. */
import { type PassDeclaration } from '../../pass/declaration';
import { flagName, type Option, OptionError, parseOptionValue } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { textOf, isOn, type Arguments, type Flag } from '../arguments';
import { type Command } from '../command';
import {
  bindingFlags,
  bindingsOf,
  dataFlags,
  dataOf,
  evaluateFlag,
  jsonFlag,
  measureFlags,
  measureOf,
  outputFlags,
  outputOf,
  requiredDataFlags,
} from '../flags';
import { printCompress } from '../print/report';

/** The command of one pass. */
export function passCommand(declaration: PassDeclaration): Command {
  const { id, summary, needs } = declaration;
  const own = passFlags(declaration);
  const ofData = needs.data === 'required' ? requiredDataFlags : dataFlags;
  // One seed for everything that is left to chance, the data and the pass.
  const common = ofData.filter(({ name }) => name !== 'seed' || !declaration.options.seed);
  return {
    name: id,
    summary,
    usage: `MODEL -o OUT${needs.data === 'required' ? ' --data SPEC' : ''}`,
    operands: ['MODEL'],
    flags: [...own, ...outputFlags, ...common, evaluateFlag, ...measureFlags, ...bindingFlags, jsonFlag],
    ...(needs.data && { notes: ['The data is used to calibrate and to evaluate.'] }),
    async run(args, terminal) {
      const data = dataOf(args);
      // Without --data, --samples and --seed are about measuring: no pass is to learn from made-up inputs unasked.
      const learnt = args.values.has('data') ? data : undefined;
      const report = await terminal.run('compress', {
        input: args.positional[0]!,
        ...outputOf(args),
        steps: [{ pass: id, options: optionsOf(args, declaration) }],
        ...(learnt && { data: learnt }),
        evaluate: isOn(args, 'evaluate', true) ? { ...(data && { data }), ...measureOf(args) } : false,
        ...bindingsOf(args),
      });
      if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
      else terminal.print(printCompress(report, { width: terminal.columns, styled: terminal.styled }).join('\n'));
    },
  };
}

/** A pass's options as flags. */
export function passFlags({ options }: PassDeclaration): Flag[] {
  return Object.entries(options).map(([id, option]) => ({
    name: flagName(id),
    ...valueHint(option),
    help: `${option.title}: ${helpOf(option)} Default: ${defaultText(option)}.`,
    ...(option.advanced && { advanced: true }),
  }));
}

function valueHint(option: Option): Pick<Flag, 'value' | 'negatable'> {
  switch (option.kind) {
    case 'choice':
      return { value: Object.keys(option.choices).join('|') };
    case 'number':
      return { value: option.oneOf ? option.oneOf.join('|') : (option.unit ?? 'N') };
    case 'flag':
      return { negatable: true };
    case 'names':
      return { value: 'NAME,…' };
  }
}

const helpOf = (option: Option): string =>
  option.kind === 'choice'
    ? `${option.help} ${Object.entries(option.choices)
        .map(([name, text]) => `${name}: ${text}.`)
        .join(' ')}`
    : option.help;

function defaultText(option: Option): string {
  if (option.kind === 'names') return option.default.join(', ') || 'none';
  if (option.kind === 'flag') return option.default ? 'on' : 'off';
  return String(option.default);
}

/** What was typed for the pass's own options; an error names the flag, as the job knows its options by other names. */
function optionsOf(args: Arguments, { id, options }: PassDeclaration): Record<string, unknown> {
  const given = Object.entries(options).flatMap(([name, option]) => {
    const flag = flagName(name);
    const text = textOf(args, flag);
    return text === undefined ? [] : [[name, checked(`--${flag}`, option, text, id)] as const];
  });
  return Object.fromEntries(given);
}

function checked(flag: string, option: Option, text: string, pass: string): unknown {
  try {
    return parseOptionValue(flag, option, text);
  } catch (thrown) {
    if (!(thrown instanceof OptionError)) throw thrown;
    throw new LapidaryError('usage', thrown.message, { pass }, { cause: thrown });
  }
}
