/** Settings: one per option of each pass (its default in the quick pick), and those written by hand. */
import { type PassDeclaration } from '../pass/declaration';
import { type Option } from '../pass/option';
import { declarations } from '../passes/declarations';
import { type Texts } from './texts';

/** A property in `contributes.configuration`, a JSON schema with VS Code's additions. */
export type SettingSchema = Readonly<Record<string, unknown>>;

interface Section {
  readonly title: string;
  readonly order: number;
  readonly properties: Readonly<Record<string, SettingSchema>>;
}

/** Key of the setting that holds the default of an option. */
export const optionSetting = (pass: string, option: string): string => `lapidary.passes.${pass}.${option}`;

const own: Readonly<Record<string, SettingSchema & { readonly description: string }>> = {
  'lapidary.evaluate.enabled': {
    type: 'boolean',
    default: true,
    description:
      'After a pass, run the new model and its source on the same inputs and show how far their outputs differ.',
  },
  'lapidary.evaluate.latency': {
    type: 'boolean',
    default: true,
    description: 'Measure how long both models take, one after the other in turns. Takes some seconds.',
  },
  'lapidary.evaluate.samples': {
    type: 'integer',
    default: 0,
    minimum: 0,
    description: 'How many samples to compare on. 0: 8 random ones, or all of a data set.',
  },
  'lapidary.evaluate.threads': {
    type: 'integer',
    default: 1,
    minimum: 1,
    maximum: 256,
    description: 'Threads that ONNX Runtime may use while latency is measured.',
  },
  'lapidary.diagnostics.enabled': {
    type: 'boolean',
    default: true,
    description: 'Check the models that are open, and show what is wrong or wasteful in the problems panel.',
  },
  'lapidary.diagnostics.ignore': {
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    default: [],
    scope: 'resource',
    description: 'Kinds of problems that are not reported, by the code that stands beside each: "old-opset".',
  },
  'lapidary.pythonHints.enabled': {
    type: 'boolean',
    default: true,
    scope: 'resource',
    description:
      'Show in PyTorch source what the layers made by each line cost in the exported ONNX model, where the workspace has one.',
  },
  'lapidary.worker.nodePath': {
    type: 'string',
    default: '',
    // It names a program to run: a workspace must not be able to choose one.
    scope: 'machine',
    description:
      "Path of a Node.js program (20 or newer) that runs the models, in place of the editor's own. Needed only where the native runtime does not load into the editor's.",
  },
};

/** `contributes.configuration`. */
export function settingContributions(texts: Texts): readonly Section[] {
  const general = Object.entries(own).map(([key, schema], order): [string, SettingSchema] => {
    const description = texts.add(`setting.${key.replace('lapidary.', '')}`, schema.description);
    return [key, { ...schema, description, order }];
  });
  return [
    { title: texts.add('settings.general', 'Lapidary'), order: 0, properties: Object.fromEntries(general) },
    ...Object.values<PassDeclaration>(declarations).map((declaration, index) => ({
      title: texts.add(`settings.${declaration.id}`, declaration.title),
      order: index + 1,
      properties: passSettings(declaration, texts),
    })),
  ];
}

/** The settings of one pass. */
export function passSettings(declaration: PassDeclaration, texts: Texts): Readonly<Record<string, SettingSchema>> {
  const entries = Object.entries(declaration.options).map(([id, option], order): [string, SettingSchema] => {
    const key = `option.${declaration.id}.${id}`;
    return [optionSetting(declaration.id, id), { ...optionSchema(option, texts, key), order, scope: 'resource' }];
  });
  return Object.fromEntries(entries);
}

function optionSchema(option: Option, texts: Texts, key: string): SettingSchema {
  const unit = option.kind === 'number' && option.unit ? ` (${option.unit})` : '';
  const description = texts.add(key, `${option.title}${unit}. ${option.help}`);
  switch (option.kind) {
    case 'choice':
      return {
        type: 'string',
        default: option.default,
        enum: Object.keys(option.choices),
        enumItemLabels: Object.entries(option.choices).map(([id, text]) => texts.add(`${key}.${id}`, text)),
        description,
      };
    default:
      return { ...plainSchema(option), description };
  }
}

/** The JSON schema of the value of an option, without texts; recipes share it. */
export function plainSchema(option: Option): SettingSchema {
  switch (option.kind) {
    case 'choice':
      return { type: 'string', default: option.default, enum: Object.keys(option.choices) };
    case 'flag':
      return { type: 'boolean', default: option.default };
    case 'names':
      return { type: 'array', items: { type: 'string' }, default: option.default };
    case 'number':
      return {
        type: option.integer ? 'integer' : 'number',
        default: option.default,
        ...(option.oneOf ? { enum: option.oneOf } : {}),
        ...(option.minimum === undefined ? {} : { minimum: option.minimum }),
        ...(option.maximum === undefined ? {} : { maximum: option.maximum }),
      };
  }
}
