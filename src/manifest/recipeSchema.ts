/** The JSON schema of recipes (`*.lapidary.json`): completion, hovers and checks in the editor come from it. */
import { type PassDeclaration } from '../pass/declaration';
import { type Option } from '../pass/option';
import { declarations } from '../passes/declarations';
import { plainSchema } from './settings';

type Schema = Readonly<Record<string, unknown>>;

/** Where the schema is kept in the extension. */
export const recipeSchemaPath = 'schemas/recipe.schema.json';

/** Names of recipe files. */
export const recipeFileMatch = '*.lapidary.json';

const gates: Readonly<Record<string, Schema>> = {
  maxSizeRatio: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'The new file may have at most this part of the size of the source.',
  },
  minSpeedup: { type: 'number', exclusiveMinimum: 0, description: 'The new model must be this many times as fast.' },
  minSqnrDb: { type: 'number', description: 'The worst output must keep this signal-to-noise ratio, in dB.' },
  maxMetricDrop: {
    type: 'number',
    minimum: 0,
    description: 'With labelled data: the metric may drop by at most this share (0.01 is one point).',
  },
};

/** The whole schema. */
export function recipeSchema(all: Readonly<Record<string, PassDeclaration>> = declarations): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lapidary recipe',
    description: 'Passes that are applied to a model one after the other, and what the result must hold.',
    type: 'object',
    required: ['passes'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      name: { type: 'string', description: 'What the recipe is for.' },
      passes: {
        type: 'array',
        minItems: 1,
        description: 'Applied from first to last.',
        items: { oneOf: Object.values(all).map(step) },
      },
      data: {
        description: 'Data to calibrate on: a folder, files, or a *.data.json, relative to the recipe.',
        oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
      },
      gates: {
        type: 'object',
        description: 'What the result must hold; a run that misses one fails.',
        additionalProperties: false,
        properties: gates,
      },
    },
  };
}

function step(declaration: PassDeclaration): Schema {
  const options = Object.entries(declaration.options).map(([id, option]): [string, Schema] => [
    id,
    optionSchema(option),
  ]);
  return {
    type: 'object',
    title: declaration.title,
    description: declaration.summary,
    required: ['pass'],
    additionalProperties: false,
    properties: {
      pass: { const: declaration.id, description: declaration.summary },
      options: { type: 'object', additionalProperties: false, properties: Object.fromEntries(options) },
    },
  };
}

function optionSchema(option: Option): Schema {
  const texts = option.kind === 'choice' ? { enumDescriptions: Object.values(option.choices) } : {};
  return { ...plainSchema(option), ...texts, description: `${option.title}. ${option.help}` };
}
