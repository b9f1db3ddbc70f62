/** `text MODEL`: ONNX's textual syntax. */
import { countOf, isOn } from '../arguments';
import { type Command } from '../command';
import { jsonFlag } from '../flags';

/** Elements above which a tensor is elided for reading. */
const readable = 32;

/** Prints a model for the eye, or in full for `onnx.parser`. */
export const textCommand: Command = {
  name: 'text',
  summary: "The model in ONNX's textual syntax.",
  usage: 'MODEL',
  operands: ['MODEL'],
  flags: [
    { name: 'full', help: 'Write every tensor in full, so that the text can be parsed again.' },
    {
      name: 'elide-over',
      value: 'N',
      help: `Leave out the contents of tensors with more than N elements (${readable}).`,
    },
    jsonFlag,
  ],
  async run(args, terminal) {
    const elideOver = isOn(args, 'full') ? undefined : (countOf(args, 'elide-over') ?? readable);
    const report = await terminal.run('text', { path: args.positional[0]!, elideOver });
    terminal.print(isOn(args, 'json') ? JSON.stringify(report, null, 2) : report.text.trimEnd());
    if (report.omitted.length > 0) terminal.note(`Not in the text, for want of words: ${report.omitted.join('; ')}.`);
  },
};
