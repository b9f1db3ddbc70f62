/** `check MODEL`: what is wrong or wasteful in it. */
import { exitCodeOf, LapidaryError } from '../../protocol/errors';
import { type Severity } from '../../protocol/check';
import { countOf, isOn, textOf } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, jsonFlag } from '../flags';
import { printCheck } from '../print/check';

const severities: readonly Severity[] = ['warning', 'information', 'hint'];

/** The diagnostics of the problems panel. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'What is wrong or wasteful in a model, and the pass that mends it.',
  usage: 'MODEL',
  operands: ['MODEL'],
  flags: [
    { name: 'fail-on', value: severities.join('|'), help: 'Exit with 6 when there is a finding as grave as this.' },
    { name: 'limit', value: 'N', help: 'List at most N findings of a kind (default 20); the rest are counted.' },
    { name: 'against', value: 'MODEL', help: 'The float model it was made from: runs both, to see which is slower.' },
    ...bindingFlags,
    jsonFlag,
  ],
  async run(args, terminal) {
    const failOn = severityOf(textOf(args, 'fail-on'));
    const limit = countOf(args, 'limit');
    const against = textOf(args, 'against');
    const report = await terminal.run('check', {
      path: args.positional[0]!,
      ...(limit !== undefined && { limit }),
      ...(against !== undefined && { against }),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else terminal.print(printCheck(report, terminal.columns).join('\n'));
    const grave = severities.slice(0, failOn === undefined ? 0 : severities.indexOf(failOn) + 1);
    const failing = report.diagnostics.filter(({ severity }) => grave.includes(severity));
    if (failing.length === 0) return 0;
    terminal.note(`lapidary: ${failing.length} ${failing.length === 1 ? 'finding fails' : 'findings fail'} the check.`);
    return exitCodeOf('gate-failed');
  },
};

function severityOf(text: string | undefined): Severity | undefined {
  const found = severities.find((severity) => severity === text);
  if (text === undefined || found) return found;
  throw new LapidaryError('usage', `--fail-on is one of ${severities.join(', ')}, not "${text}".`);
}
