/** `compare A B`: quality, latency, size and cost of two models. */
import { isOn } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, dataFlags, dataOf, jsonFlag, measureFlags, measureOf } from '../flags';
import { printCompare } from '../print/report';

/** Measures one model against another. */
export const compareCommand: Command = {
  name: 'compare',
  summary: 'Quality, latency, size and cost of two models, on the same inputs.',
  usage: 'A B [--data SPEC]',
  operands: ['A', 'B'],
  flags: [...dataFlags, ...measureFlags, ...bindingFlags, jsonFlag],
  async run(args, terminal) {
    const [a = '', b = ''] = args.positional;
    const data = dataOf(args);
    const report = await terminal.run('compare', {
      a,
      b,
      ...(data && { data }),
      ...measureOf(args),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else terminal.print(printCompare(report, { width: terminal.columns, styled: terminal.styled }).join('\n'));
  },
};
