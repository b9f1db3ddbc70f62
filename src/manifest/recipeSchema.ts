/** The JSON schema of recipes (`*.lapidary.json`): completion, hovers and checks in the editor come from it. */
import { type PassDeclaration } from '../pass/declaration';
import { type Option } from '../pass/option';
import { declarations } from '../passes/declarations';
import { type Gates } from '../protocol/recipe';
import { plainSchema } from './settings';

type Schema = Readonly<Record<string, unknown>>;

/** Where the schema is kept in the extension. */
export const recipeSchemaPath = 'schemas/recipe.schema.json';

/** Names of recipe files. */
export const recipeFileMatch = '*.lapidary.json';

const path = { type: 'string', minLength: 1 };
const count = (description: string, minimum = 0): Schema => ({ type: 'integer', minimum, description });

const source: Schema = {
  description:
    'A folder of images, .npy, .npz, .csv, .json or .wav files, a *.data.json, or "random"; relative to the recipe.',
  oneOf: [path, { type: 'array', items: path, minItems: 1 }],
};

/** A path, several, or an object that says how much of them to take. */
const data = (description: string): Schema => ({
  description,
  oneOf: [
    ...(source.oneOf as readonly Schema[]),
    {
      type: 'object',
      required: ['source'],
      additionalProperties: false,
      properties: {
        source,
        labels: { ...path, description: 'Lines of name and class, "folders" or "none"; relative to the recipe.' },
        samples: count('Use at most this many samples.', 1),
        skip: count('Leave out this many first, such as those used to calibrate.'),
        seed: count('Seed of random data.'),
        description: { type: 'object', description: 'Preprocessing, as in a *.data.json.' },
      },
    },
  ],
});

const evaluate: Schema = {
  description: 'How the result is measured; false measures nothing.',
  oneOf: [
    { const: false },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        data: data('Data to evaluate on, when it is not that of the recipe.'),
        samples: count('Use at most this many samples.', 1),
        latency: { type: 'boolean', default: true, description: 'Measure latency, both models in turns.' },
        threads: { ...count('Threads of the runtime while measuring.', 1), default: 1 },
      },
    },
  ],
};

const gates: Readonly<Record<keyof Gates, Schema>> = {
  maxSizeRatio: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'The new model may have at most this part of the size of the source: 0.3.',
  },
  minSpeedup: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'The new model must be this many times as fast: 1.5. A difference inside the noise does not count.',
  },
  minSqnrDb: { type: 'number', description: 'The worst output must keep this signal-to-noise ratio, in dB: 30.' },
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
      name: { type: 'string', description: 'What the recipe is called.' },
      description: { type: 'string', description: 'What the recipe is for.' },
      passes: {
        type: 'array',
        minItems: 1,
        description: 'Applied from first to last.',
        items: { oneOf: Object.values(all).map(step), defaultSnippets: [{ label: 'A pass', body: { pass: '$1' } }] },
      },
      data: data('Data to calibrate on, and to evaluate on unless "evaluate" names other data.'),
      dims: {
        type: 'object',
        description: 'Values of dynamic dimensions, by name; 1 otherwise.',
        additionalProperties: count('Value of this dimension.'),
      },
      inputShapes: {
        type: 'object',
        description: 'Shapes of inputs, by name.',
        additionalProperties: { type: 'array', items: count('Size of this dimension.') },
      },
      evaluate,
      gates: {
        type: 'object',
        description: 'What the result must hold; a result that misses one is not written.',
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
