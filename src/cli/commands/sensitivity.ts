/** `sensitivity MODEL`: which layers lose how much in 8 bits. */
import { isOn, textOf } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, dataFlags, dataOf, jsonFlag } from '../flags';
import { printSensitivity } from '../print/sensitivity';

/** Options of quantize-static that make a difference here. */
const passOptions = ['method', 'target', 'exclude'] as const;

/** What each layer loses, on its own and together, ranked. */
export const sensitivityCommand: Command = {
  name: 'sensitivity',
  summary: 'How much each layer loses in 8 bits: its weights, alone in the model, and all together.',
  usage: 'MODEL [--data SPEC]',
  operands: ['MODEL'],
  flags: [
    ...dataFlags.map((flag) =>
      flag.name === 'samples' ? { ...flag, help: 'Measure on N samples (default 16; 8 if random).' } : flag,
    ),
    { name: 'method', value: 'METHOD', help: 'Calibration, as for quantize-static.' },
    { name: 'target', value: 'TARGET', help: 'Number formats, as for quantize-static.' },
    { name: 'exclude', value: 'NAME,…', help: 'Names of nodes to leave in float.' },
    ...bindingFlags,
    jsonFlag,
  ],
  async run(args, terminal) {
    const { samples, ...data } = dataOf(args) ?? { source: 'random' };
    const given = passOptions.flatMap((name) => {
      const text = textOf(args, name);
      return text === undefined ? [] : [[name, text] as const];
    });
    const report = await terminal.run('sensitivity', {
      path: args.positional[0]!,
      data,
      ...(samples !== undefined && { samples }),
      options: Object.fromEntries(given),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else {
      const options = { width: terminal.columns, styled: terminal.styled };
      terminal.print(printSensitivity(report, options).join('\n'));
    }
  },
};
