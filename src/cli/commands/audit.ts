/** `audit MODEL`: how the runtime executes each layer. */
import { countOf, isOn } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, jsonFlag } from '../flags';
import { printAudit } from '../print/audit';

/** Which layers really run in int8, and which rule keeps the others from it. */
export const auditCommand: Command = {
  name: 'audit',
  summary: 'Which layers the runtime really executes in int8, and why the others are not.',
  usage: 'MODEL',
  operands: ['MODEL'],
  flags: [
    { name: 'all', help: 'List the layers that run in int8 as well.' },
    { name: 'latency', negatable: true, help: 'Run the model on random inputs for the time of each layer (default).' },
    { name: 'threads', value: 'N', help: 'Threads of the runtime while measuring (default 1).' },
    ...bindingFlags,
    jsonFlag,
  ],
  async run(args, terminal) {
    const threads = countOf(args, 'threads');
    const report = await terminal.run('audit', {
      path: args.positional[0]!,
      latency: isOn(args, 'latency', true),
      ...(threads !== undefined && { threads }),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else {
      const options = { width: terminal.columns, styled: terminal.styled };
      terminal.print(printAudit(report, isOn(args, 'all'), options).join('\n'));
    }
  },
};
