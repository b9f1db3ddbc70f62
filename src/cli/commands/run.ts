/** `run RECIPE MODEL -o OUT`: several passes, then the gates; the same file that the editor runs. */
import { findRecipe } from '../../recipe/find';
import { requestOf } from '../../recipe/request';
import { type DataSpec } from '../../protocol/jobs';
import { type Recipe } from '../../protocol/recipe';
import { exitCodeOf } from '../../protocol/errors';
import { countOf, isOn, type Arguments } from '../arguments';
import { type Command } from '../command';
import {
  bindingFlags,
  bindingsOf,
  dataFlags,
  dataOf,
  evaluateFlag,
  jsonFlag,
  measureFlags,
  outputFlags,
  outputOf,
} from '../flags';
import { gateFailure, gateLines } from '../print/gates';
import { printCompress } from '../print/report';

/** Runs a recipe or a preset. */
export const runCommand: Command = {
  name: 'run',
  summary: 'Run a recipe: its passes one after the other, then its gates.',
  usage: 'RECIPE MODEL -o OUT',
  operands: ['RECIPE', 'MODEL'],
  flags: [
    ...outputFlags,
    { name: 'keep', help: 'Write OUT although a gate fails (the exit code is 6 all the same).' },
    ...dataFlags,
    evaluateFlag,
    ...measureFlags,
    ...bindingFlags,
    jsonFlag,
  ],
  notes: [
    'RECIPE is a *.lapidary.json, or the name of a preset ("lapidary passes" lists them). Flags go over what it says.',
    'A result that misses a gate is not written: the exit code is 6, and a line for each gate says what was wanted and what was measured.',
  ],
  async run(args, terminal) {
    const [name = '', input = ''] = args.positional;
    const recipe = findRecipe(name);
    const data = dataFor(args, recipe);
    const report = await terminal.run(
      'compress',
      requestOf(recipe, {
        input,
        ...outputOf(args),
        ...(data && { data }),
        evaluate: isOn(args, 'evaluate', true) ? measureFor(args) : false,
        keep: isOn(args, 'keep'),
        ...bindingsOf(args),
      }),
    );
    const json = isOn(args, 'json');
    if (json) terminal.print(JSON.stringify(report, null, 2));
    else terminal.print(printCompress(report, { width: terminal.columns, styled: terminal.styled }).join('\n'));
    const failure = gateFailure(report);
    if (failure === undefined) return 0;
    // Whoever reads only the JSON or only standard error learns which gate it was.
    for (const line of json ? [failure, ...gateLines(report).map((each) => `  ${each}`)] : [failure])
      terminal.note(line);
    return exitCodeOf('gate-failed');
  },
};

/** Data of the command line in place of the recipe's; how much of it may be said alone. */
function dataFor(args: Arguments, { data }: Recipe): DataSpec | undefined {
  const given = dataOf(args);
  if (!given || !data || args.values.has('data')) return given;
  const { samples, seed } = given;
  return { ...data, ...(samples !== undefined && { samples }), ...(seed !== undefined && { seed }) };
}

/** Only what was typed: the rest is the recipe's business. */
function measureFor(args: Arguments): { threads?: number; latency?: boolean } {
  const threads = countOf(args, 'threads');
  return {
    ...(threads !== undefined && { threads }),
    ...(args.values.has('latency') && { latency: isOn(args, 'latency', true) }),
  };
}
