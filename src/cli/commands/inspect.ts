/** `inspect MODEL`: totals and layers. */
import { LapidaryError } from '../../protocol/errors';
import { countOf, isOn, textOf } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, jsonFlag } from '../flags';
import { printGroups } from '../print/groups';
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
    { name: 'groups', help: 'Show which channels can only leave together, and which must stay and why.' },
    jsonFlag,
  ],
  async run(args, terminal) {
    const selection = selectionOf(textOf(args, 'sort') ?? 'order', countOf(args, 'top'));
    const report = await terminal.run('inspect', {
      path: args.positional[0]!,
      run: isOn(args, 'run'),
      groups: isOn(args, 'groups'),
      ...bindingsOf(args),
    });
    const look = { width: terminal.columns, styled: terminal.styled };
    if (isOn(args, 'json')) printJson(report, terminal);
    else if (report.groups) terminal.print(printGroups(report.groups, look).join('\n'));
    else terminal.print(printInspect(report, selection, look).join('\n'));
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
