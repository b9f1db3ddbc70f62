/** `passes`: what can be done to a model, from the declarations. */
import { declarations } from '../../passes/declarations';
import { presetData, presets, type Preset } from '../../passes/presets';
import { isOn } from '../arguments';
import { type Command } from '../command';
import { jsonFlag } from '../flags';
import { flagText, wrap } from '../help';
import { passFlags } from './pass';

/** Lists the passes. */
export const passesCommand: Command = {
  name: 'passes',
  summary: 'What can be done to a model, with all options.',
  usage: '',
  operands: [],
  flags: [jsonFlag],
  run(args, terminal) {
    const all = Object.values(declarations);
    if (isOn(args, 'json')) terminal.print(JSON.stringify(all, null, 2));
    else {
      const lines = all.flatMap((declaration) => [
        `${declaration.id}  (${declaration.kind})`,
        ...wrap(declaration.summary, 2, terminal.columns),
        ...passFlags(declaration).map((flag) => `    ${flagText(flag)}`),
        '',
      ]);
      const ready = presets.flatMap((preset) => [
        `  ${preset.id}${presetData(preset) === 'required' ? '  (needs --data)' : ''}`,
        ...wrap(`${preset.summary} ${stepsText(preset)}`, 4, terminal.columns),
      ]);
      const hint = 'lapidary <pass> --help says what the options mean.';
      terminal.print([...lines, 'Presets, for lapidary run <preset> MODEL -o OUT', ...ready, '', hint].join('\n'));
    }
    return Promise.resolve();
  },
};

/** "Steps: simplify, quantize-weights." */
const stepsText = ({ steps }: Preset): string => `Steps: ${steps.map(({ pass }) => pass).join(', ')}.`;
