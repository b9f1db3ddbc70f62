/** `inspect MODEL`: totals and layers. */
import { LapidaryError } from '../../protocol/errors';
import { countOf, isOn, textOf } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, jsonFlag } from '../flags';
import { printJson } from '../print/json';
import { printInspect, sortKeys, type LayerSelection } from '../print/inspect';
import { suggest } from '../suggest';

/** What each layer of a model holds and costs. */
export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'What each layer of a model holds and costs.',
  usage: 'MODEL',
  operands: ['MODEL'],
  flags: [
    ...bindingFlags,
    { name: 'sort', value: 'KEY', help: `Order of the layers: ${sortKeys.join(', ')}.` },
    { name: 'top', value: 'N', help: 'Show the first N layers only.' },
    { name: 'run', help: 'Run the model once on random inputs for the shapes that only running tells.' },
    jsonFlag,
  ],
  async run(args, terminal) {
    const selection = selectionOf(textOf(args, 'sort') ?? 'order', countOf(args, 'top'));
    const report = await terminal.run('inspect', {
      path: args.positional[0]!,
      run: isOn(args, 'run'),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) printJson(report, terminal);
    else
      terminal.print(printInspect(report, selection, { width: terminal.columns, styled: terminal.styled }).join('\n'));
  },
};

function selectionOf(sort: string, top: number | undefined): LayerSelection {
  const key = sortKeys.find((each) => each === sort);
  if (key) return { sort: key, ...(top !== undefined && { top }) };
  const meant = suggest(sort, sortKeys);
  throw new LapidaryError('usage', `Layers cannot be sorted by "${sort}".`, {
    hint: meant ? `Did you mean ${meant}?` : `Known: ${sortKeys.join(', ')}.`,
  });
}
