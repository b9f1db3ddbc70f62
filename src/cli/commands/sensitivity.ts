/** `sensitivity MODEL`: which layers lose how much in 8 bits, or which groups of channels when they are pruned. */
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityOf } from '../../protocol/sensitivity';
import { type Arguments, countOf, isOn, textOf } from '../arguments';
import { type Command } from '../command';
import { bindingFlags, bindingsOf, dataFlags, dataOf, jsonFlag } from '../flags';
import { printSensitivity } from '../print/sensitivity';

/** Options of quantize-static and of prune-channels that make a difference here. */
const passOptions = {
  int8: ['method', 'target', 'exclude'],
  prune: ['criterion', 'exclude'],
  factorize: ['exclude'],
} as const;

const onlyCurves = ['ratios', 'seconds'] as const;

/** What each layer loses, on its own and together, ranked. */
export const sensitivityCommand: Command = {
  name: 'sensitivity',
  summary: 'How much the outputs lose by each layer in 8 bits, or by each group of channels that is pruned.',
  usage: 'MODEL [--of int8|prune|factorize] [--data SPEC]',
  operands: ['MODEL'],
  flags: [
    {
      name: 'of',
      value: 'WHAT',
      help: 'int8 (default): each layer in 8 bits. prune: each group of channels; factorize: each layer of lower rank.',
    },
    ...dataFlags.map((flag) =>
      flag.name === 'samples' ? { ...flag, help: 'Measure on N samples (default 16; 8 if random).' } : flag,
    ),
    { name: 'method', value: 'METHOD', help: 'Calibration, as for quantize-static (int8).' },
    { name: 'target', value: 'TARGET', help: 'Number formats, as for quantize-static (int8).' },
    { name: 'criterion', value: 'CRITERION', help: 'Which channels leave first, as for prune-channels (prune).' },
    { name: 'ratios', value: 'R,…', help: 'Shares to take away (prune, factorize; default 0.1 to 0.9).' },
    { name: 'seconds', value: 'N', help: 'Begin nothing after N seconds (prune, factorize; default 300).' },
    { name: 'exclude', value: 'NAME,…', help: 'Names of nodes to leave as they are.' },
    ...bindingFlags,
    jsonFlag,
  ],
  async run(args, terminal) {
    const of = whatOf(args);
    const { samples, ...data } = dataOf(args) ?? { source: 'random' };
    const seconds = countOf(args, 'seconds');
    const ratios = textOf(args, 'ratios')?.split(',').map(Number);
    const report = await terminal.run('sensitivity', {
      path: args.positional[0]!,
      of,
      data,
      ...(samples !== undefined && { samples }),
      ...(ratios !== undefined && { ratios }),
      ...(seconds !== undefined && { seconds }),
      options: optionsFor(of, args),
      ...bindingsOf(args),
    });
    if (isOn(args, 'json')) terminal.print(JSON.stringify(report, null, 2));
    else {
      const options = { width: terminal.columns, styled: terminal.styled };
      terminal.print(printSensitivity(report, options).join('\n'));
    }
  },
};

function whatOf(args: Arguments): SensitivityOf {
  const what = textOf(args, 'of') ?? 'int8';
  if (what === 'int8' || what === 'prune' || what === 'factorize') return what;
  throw new LapidaryError('usage', `--of is int8, prune or factorize, not "${what}".`);
}

/** Options of the pass in question; a flag that means nothing to it throws `usage`. */
function optionsFor(of: SensitivityOf, args: Arguments): Record<string, string> {
  const known: readonly string[] = passOptions[of];
  const others = [...Object.values(passOptions).flat(), ...(of === 'int8' ? onlyCurves : [])];
  const wrong = others.find((name) => !known.includes(name) && textOf(args, name) !== undefined);
  if (wrong !== undefined) throw new LapidaryError('usage', `--${wrong} means nothing with --of ${of}.`);
  const given = known.flatMap((name) => {
    const text = textOf(args, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(given);
}
