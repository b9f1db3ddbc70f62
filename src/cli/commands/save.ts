/** `save MODEL -o OUT`: a copy, with weights in one file or beside it. */
import { formatBytes } from '../../report/format';
import { isOn } from '../arguments';
import { type Command } from '../command';
import { jsonFlag, outputFlags, outputOf } from '../flags';

/** Reads and writes. */
export const saveCommand: Command = {
  name: 'save',
  summary: 'Copy a model, its weights in the same file or in one beside it.',
  usage: 'MODEL -o OUT [--external-data | --inline]',
  operands: ['MODEL'],
  flags: [...outputFlags, jsonFlag],
  async run(args, terminal) {
    const report = await terminal.run('save', { input: args.positional[0]!, ...outputOf(args) });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else terminal.print(`Wrote ${report.files.join(' and ')}, ${formatBytes(report.bytes)}.`);
  },
};
