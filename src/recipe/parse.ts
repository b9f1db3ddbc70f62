/** From the text of a `*.lapidary.json` to a recipe: everything in it is checked before any model is touched. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type PassDeclaration } from '../pass/declaration';
import { OptionError, parseOptionValue, type Options } from '../pass/option';
import { declarations, isPassId } from '../passes/declarations';
import { LapidaryError } from '../protocol/errors';
import { type DataSpec, type EvaluateRequest } from '../protocol/jobs';
import { type Gates, type Recipe } from '../protocol/recipe';
import { type PassStep } from '../protocol/report';
import { Cursor } from './cursor';
import { JsonSyntaxError, parseJson, valueOf } from './json';

/** Reads a recipe file. Throws `usage` (with line and column, or since it is not there), `io` when it cannot be read. */
export function readRecipe(file: string): Recipe {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    throw new LapidaryError(
      isMissing ? 'usage' : 'io',
      isMissing ? `There is no recipe ${file}.` : `The recipe ${file} cannot be read.`,
      {},
      { cause: thrown },
    );
  }
  return parseRecipe(text, file);
}

/** Parses the text of a recipe; paths in it are relative to the folder of `file`. Throws `usage` with line and column. */
export function parseRecipe(text: string, file: string): Recipe {
  const whole = new Cursor(file, text, parse(text, file));
  const folder = path.dirname(path.resolve(file));
  const data = (cursor: Cursor): DataSpec => dataOf(cursor, folder);
  const { passes, ...rest } = whole.members<Recipe & { readonly $schema: string }>(
    {
      $schema: (cursor) => cursor.string('a path or an address'),
      name: (cursor) => cursor.string('a text'),
      description: (cursor) => cursor.string('a text'),
      passes: (cursor) => cursor.list(stepOf, 'a list of one or more steps', 1),
      data,
      dims: (cursor) => cursor.record(countOf, 'an object of dimensions and their values'),
      inputShapes: (cursor) =>
        cursor.record((shape) => shape.list(countOf, 'a list of sizes'), 'an object of inputs and their shapes'),
      evaluate: (cursor) => (cursor.is(false) ? false : evaluateOf(cursor, data)),
      gates: gatesOf,
    },
    'an object',
  );
  if (!passes) throw whole.error('The recipe has no "passes".', 'Add "passes": [{ "pass": "simplify" }].');
  const { $schema: _schema, ...recipe } = { ...rest, passes };
  checkMeasurable(recipe, whole);
  return recipe;
}

function parse(text: string, file: string) {
  try {
    return parseJson(text);
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    const start = { kind: 'plain', start: thrown.offset, value: null } as const;
    throw new Cursor(file, text, start).error(thrown.message, 'A recipe is JSON.');
  }
}

const countOf = (cursor: Cursor): number => cursor.number('a whole number', { least: 0, whole: true });
const positive = (cursor: Cursor): number => cursor.number('a whole number from 1', { least: 1, whole: true });

function stepOf(cursor: Cursor): PassStep {
  const { node } = cursor;
  // The options can only be read once the pass is known, wherever it stands.
  const named = node.kind === 'object' ? node.members.find(({ key }) => key === 'pass')?.value : undefined;
  const id = named?.kind === 'plain' ? named.value : undefined;
  const declaration = typeof id === 'string' && isPassId(id) ? declarations[id] : undefined;
  const { pass, options = {} } = cursor.members<PassStep>(
    {
      pass: (name) => {
        const given = name.string('the name of a pass');
        if (declaration) return given;
        throw name.error(`There is no pass "${given}".`, `Passes: ${Object.keys(declarations).join(', ')}.`);
      },
      options: (given) => (declaration ? optionsOf(given, declaration) : {}),
    },
    'an object with a "pass"',
  );
  if (pass === undefined) throw cursor.error('This step names no "pass".', 'Write { "pass": "simplify" }.');
  return { pass, options };
}

function optionsOf(cursor: Cursor, declaration: PassDeclaration): Readonly<Record<string, unknown>> {
  const options: Options = declaration.options;
  const readers = Object.entries(options).map(([id, option]) => [
    id,
    (given: Cursor): unknown => {
      try {
        return parseOptionValue(id, option, valueOf(given.node));
      } catch (thrown) {
        if (thrown instanceof OptionError) throw given.error(thrown.message).at({ pass: declaration.id });
        throw thrown;
      }
    },
  ]);
  return cursor.members(
    Object.fromEntries(readers) as Record<string, (given: Cursor) => unknown>,
    `an object of options of ${declaration.id}`,
  );
}

/** `random`, or a path that is made absolute. */
const resolved = (file: string, folder: string): string => (file === 'random' ? file : path.resolve(folder, file));

function dataOf(cursor: Cursor, folder: string): DataSpec {
  const source = (given: Cursor): DataSpec['source'] => {
    const one = (each: Cursor): string => resolved(each.string('a path'), folder);
    return given.node.kind === 'array' ? given.list(one, 'a list of paths', 1) : one(given);
  };
  if (cursor.node.kind !== 'object') {
    if (cursor.node.kind === 'plain' && typeof cursor.node.value !== 'string') {
      throw cursor.mismatch('a path, a list of paths, or an object with a "source"');
    }
    return { source: source(cursor) };
  }
  const given = cursor.members<DataSpec>(
    {
      source,
      labels: (labels) => {
        const text = labels.string('a path, "folders" or "none"');
        return text === 'folders' || text === 'none' ? text : path.resolve(folder, text);
      },
      samples: positive,
      skip: countOf,
      seed: countOf,
      description: (description) => valueOf(description.node),
    },
    'an object with a "source"',
  );
  if (given.source === undefined) throw cursor.error('This data has no "source".', 'Name a folder or files.');
  return { ...given, source: given.source };
}

function evaluateOf(cursor: Cursor, data: (cursor: Cursor) => DataSpec): EvaluateRequest {
  return cursor.members<EvaluateRequest>(
    { data, samples: positive, latency: (given) => given.boolean(), threads: positive },
    'false, or an object that says how',
  );
}

function gatesOf(cursor: Cursor): Gates {
  return cursor.members<Gates>(
    {
      maxSizeRatio: (given) => given.number('a number above 0', { above: 0 }),
      minSpeedup: (given) => given.number('a number above 0', { above: 0 }),
      minSqnrDb: (given) => given.number('a number of decibels'),
      maxMetricDrop: (given) => given.number('a number of at least 0', { least: 0 }),
    },
    'an object of gates',
  );
}

/** A gate that the recipe itself keeps from being measured could never pass. */
function checkMeasurable({ gates = {}, evaluate }: Recipe, whole: Cursor): void {
  const measured = (['minSpeedup', 'minSqnrDb', 'maxMetricDrop'] as const).find((gate) => gates[gate] !== undefined);
  if (evaluate === false && measured !== undefined) {
    throw whole.error(`The gate "${measured}" can never be measured with "evaluate": false.`, 'Remove one of the two.');
  }
  if (evaluate !== false && evaluate?.latency === false && gates.minSpeedup !== undefined) {
    throw whole.error('The gate "minSpeedup" can never be measured with "latency": false.', 'Remove one of the two.');
  }
}
