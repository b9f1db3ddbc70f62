/** docs/passes.md: what passes and presets are for, and every option of them. */
import { type PassDeclaration } from '../pass/declaration';
import { flagName, type NumberOption, type Option } from '../pass/option';
import { declarations } from '../passes/declarations';
import { type Preset, presets } from '../passes/presets';
import { optionSetting } from './settings';

/** Where the reference is kept in the repository. */
export const passReferencePath = 'docs/passes.md';

const introduction = [
  '# Passes and their options',
  '',
  '<!-- Written by "npm run manifest" from the declarations in src/passes: change those. -->',
  '',
  'Each option can be given in four places. `blockSize` of `quantize-weights` is',
  '',
  '- the flag `--block-size 64` of `lapidary quantize-weights` (a flag that is on by default is turned off with `--no-`),',
  '- `"options": { "blockSize": 64 }` of the step in a [recipe](recipes.md),',
  '- a question after a right-click on a model; those marked * are behind "More options…",',
  `- the setting \`${optionSetting('quantize-weights', 'blockSize')}\`, which is the answer that is selected at first.`,
];

/** The whole page, in Markdown. */
export function passReference(
  all: Readonly<Record<string, PassDeclaration>> = declarations,
  ready: readonly Preset[] = presets,
): string {
  const sections = Object.values(all).map(passSection);
  return [...introduction, ...sections.flat(), ...presetSection(ready), ''].join('\n');
}

function passSection({
  id,
  title,
  summary,
  kind,
  needs,
  suffix,
  suffixes,
  options,
}: PassDeclaration): readonly string[] {
  const data =
    needs.data === 'required' ? 'Needs data.' : needs.data === 'optional' ? 'Uses data where it is given.' : '';
  const made = [...new Set([suffix, ...Object.values(suffixes?.by ?? {})])].map((each) => code(`model.${each}.onnx`));
  const facts = [kind === 'lossless' ? 'Lossless.' : 'Lossy.', data, `Makes ${made.join(' or ')}.`];
  const rows = Object.entries(options).map(([name, option]) => {
    const star = option.advanced ? ' *' : '';
    return `| \`${name}\`${star} | ${valuesOf(option)} | ${defaultOf(option)} | ${inCell(helpOf(option))} |`;
  });
  return [
    '',
    `## ${title}`,
    '',
    `\`${id}\`. ${summary}`,
    '',
    `${facts.filter(Boolean).join(' ')} [How it works](../src/passes/${id}/README.md)`,
    '',
    '| option | values | default | what it does |',
    '|---|---|---|---|',
    ...rows,
  ];
}

function presetSection(ready: readonly Preset[]): readonly string[] {
  const rows = ready.map(({ id, title, summary, steps }) => {
    const made = steps.map(({ pass, options = {} }) => {
      const given = Object.entries(options).map(([name, value]) => ` \`--${flagOf(name, value)}\``);
      return `${pass}${given.join('')}`;
    });
    return `| \`${id}\` | ${title} | ${inCell(summary)} | ${made.join('; ')} |`;
  });
  const heading = ['', '## Presets', '', '| preset | in the quick pick | when | steps |', '|---|---|---|---|'];
  return [...heading, ...rows];
}

const flagOf = (name: string, value: unknown): string =>
  typeof value === 'boolean' ? `${value ? '' : 'no-'}${flagName(name)}` : `${flagName(name)} ${String(value)}`;

function valuesOf(option: Option): string {
  switch (option.kind) {
    case 'choice':
      return Object.keys(option.choices).map(code).join(', ');
    case 'flag':
      return 'on, off';
    case 'names':
      return 'names';
    case 'number':
      return option.oneOf?.join(', ') ?? rangeOf(option);
  }
}

function rangeOf({ minimum, maximum, integer, unit }: NumberOption): string {
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  const to = maximum === undefined ? '' : ` to ${maximum}`;
  return `${integer ? 'whole number' : 'number'}${from}${to}${unit ? ` (${unit})` : ''}`;
}

function defaultOf(option: Option): string {
  switch (option.kind) {
    case 'choice':
      return code(option.default);
    case 'flag':
      return option.default ? 'on' : 'off';
    case 'names':
      return option.default.map(code).join(', ') || 'none';
    case 'number':
      return String(option.default);
  }
}

function helpOf(option: Option): string {
  const help = `${option.title}. ${option.help}`;
  if (option.kind !== 'choice') return help;
  return `${help} ${Object.entries(option.choices)
    .map(([name, text]) => `${code(name)}: ${text}.`)
    .join(' ')}`;
}

const code = (text: string): string => `\`${text}\``;

/** What would end a cell or begin emphasis is escaped. */
const inCell = (text: string): string => text.replace(/[|*<]/g, '\\$&').replace(/\s+/g, ' ');
