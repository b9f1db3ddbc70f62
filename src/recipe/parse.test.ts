import assert from 'node:assert/strict';
import path from 'node:path';
import { recipeSchema } from '../manifest/recipeSchema';
import { LapidaryError } from '../protocol/errors';
import { type Recipe } from '../protocol/recipe';
import { parseJson, positionAt, valueOf } from './json';
import { parseRecipe, readRecipe } from './parse';
import { requestOf } from './request';
import { recipeText } from './write';

const folder = path.resolve('some', 'where');
const file = path.join(folder, 'small.lapidary.json');

const errorOf = (text: string): LapidaryError => {
  try {
    parseRecipe(text, file);
  } catch (thrown) {
    assert.ok(thrown instanceof LapidaryError);
    return thrown;
  }
  throw new Error(`accepted: ${text}`);
};

/** Where the error points: "2:5 message". */
const complaint = (text: string): string => {
  const { message, place, code } = errorOf(text);
  assert.equal(code, 'usage');
  assert.equal(place.file, file);
  return `${place.line}:${place.column} ${message}`;
};

describe('recipe', () => {
  it('reads what "Save Recipe" writes', () => {
    const recipe: Recipe = {
      passes: [
        { pass: 'simplify', options: {} },
        { pass: 'quantize-weights', options: { bits: 8 } },
      ],
    };
    assert.deepEqual(parseRecipe(recipeText(recipe), file), recipe);
    const saved = JSON.stringify({ passes: recipe.passes }, undefined, 2);
    assert.deepEqual(parseRecipe(saved, file), recipe);
  });

  it('reads everything, and makes paths absolute by the folder of the recipe', () => {
    const text = JSON.stringify({
      $schema: 'x',
      name: 'n',
      description: 'd',
      passes: [{ options: { layers: 'all', exclude: ['head*'] }, pass: 'quantize-dynamic' }],
      data: { source: 'photos', labels: 'folders', samples: 64 },
      dims: { N: 4 },
      inputShapes: { x: [1, 3, 224, 224], scalar: [] },
      evaluate: { data: { source: ['a.npy', '/b.npy'], labels: 'l.txt', skip: 64 }, threads: 2 },
      gates: { maxSizeRatio: 0.5, minSqnrDb: -3 },
    });
    const recipe = parseRecipe(text, file);
    assert.deepEqual(recipe, {
      name: 'n',
      description: 'd',
      passes: [{ pass: 'quantize-dynamic', options: { layers: 'all', exclude: ['head*'] } }],
      data: { source: path.join(folder, 'photos'), labels: 'folders', samples: 64 },
      dims: { N: 4 },
      inputShapes: { x: [1, 3, 224, 224], scalar: [] },
      evaluate: {
        data: {
          source: [path.join(folder, 'a.npy'), path.resolve('/b.npy')],
          labels: path.join(folder, 'l.txt'),
          skip: 64,
        },
        threads: 2,
      },
      gates: { maxSizeRatio: 0.5, minSqnrDb: -3 },
    });
    assert.deepEqual(parseRecipe('{"passes":[{"pass":"simplify"}],"data":"random"}', file).data, { source: 'random' });
  });

  it('points at what is wrong', () => {
    const step = (text: string): string => `{\n  "passes": [\n    ${text}\n  ]\n}`;
    assert.equal(complaint(step('{ "pass": "shrink" }')), '3:15 There is no pass "shrink".');
    assert.match(errorOf(step('{ "pass": "shrink" }')).place.hint!, /quantize-weights/);
    assert.equal(complaint(step('{ "options": {} }')), '3:5 This step names no "pass".');
    assert.match(
      complaint(step('{ "options": { "bits": 5 }, "pass": "quantize-weights" }')),
      /^3:28 Option "bits" is one of/,
    );
    assert.match(complaint(step('{ "pass": "simplify", "options": { "exclude": [1] } }')), /^3:51 Option "exclude"/);
    assert.equal(
      complaint(step('{ "pass": "simplify", "options": { "bit": 5 } }')),
      '3:40 "passes[0].options" has no member "bit".',
    );
    assert.equal(complaint('{ "passes": [] }'), '1:13 "passes" is empty.');
    assert.equal(complaint('{ "gates": {} }'), '1:1 The recipe has no "passes".');
    assert.equal(complaint('[]'), '1:1 The recipe is an object, not a list.');
    assert.equal(complaint('{ "pases": [] }'), '1:3 The recipe has no member "pases".');
    assert.equal(complaint('{ "name": "a",\n "name": "b" }'), '2:2 "name" is given twice.');
    assert.equal(complaint('{ "dims": { "N": -1 } }'), '1:18 "dims.N" is a whole number, not -1.');
    assert.equal(
      complaint('{ "gates": { "minSpeedup": "2" } }'),
      '1:28 "gates.minSpeedup" is a number above 0, not "2".',
    );
    assert.match(complaint('{ "data": 7 }'), /^1:11 "data" is a path, a list of paths, or an object/);
    assert.match(complaint('{ "data": { "samples": 3 } }'), /^1:11 This data has no "source"/);
  });

  it('points at what is no JSON', () => {
    assert.equal(complaint('{ "passes": [,] }'), '1:14 A value is missing.');
    assert.equal(complaint('{\n  // why\n}'), '2:3 A name in double quotes is missing.');
    assert.equal(complaint('{ "passes": [1, ] }'), '1:17 There is a comma too many before "]".');
    assert.equal(complaint('{ "name": "a'), '1:11 This string does not end on its line.');
    assert.equal(
      complaint('{ "name": "\\q" }'),
      '1:11 This string holds an escape or a control character that JSON does not allow.',
    );
    assert.equal(complaint('{ "name": nope }'), '1:11 "nope" is no JSON value.');
    assert.equal(complaint('{} {}'), '1:4 There is more after the end.');
    assert.equal(complaint(''), '1:1 A value is missing.');
    assert.match(complaint('['.repeat(1000)), /nested too deeply/);
  });

  it('refuses gates that the recipe itself makes impossible', () => {
    const recipe = (more: string): string => `{ "passes": [{ "pass": "simplify" }], ${more} }`;
    assert.match(
      complaint(recipe('"evaluate": false, "gates": { "minSqnrDb": 3 }')),
      /"minSqnrDb" can never be measured/,
    );
    assert.match(complaint(recipe('"evaluate": { "latency": false }, "gates": { "minSpeedup": 3 }')), /"minSpeedup"/);
    assert.ok(parseRecipe(recipe('"evaluate": false, "gates": { "maxSizeRatio": 0.5 }'), file).gates);
  });

  it('takes what the schema offers, and nothing else', () => {
    type Node = { readonly properties?: Record<string, Node>; readonly oneOf?: readonly Node[] };
    const { properties = {} } = recipeSchema() as Node;
    const membersOf = (node: Node | undefined): string[] =>
      Object.keys(node?.properties ?? node?.oneOf?.find((each) => each.properties)?.properties ?? {}).sort();
    const known = (text: string): string[] =>
      (errorOf(text).place.hint ?? '').replace('Known: ', '').replace(/\.$/, '').split(', ').sort();
    const passes = '"passes": [{ "pass": "simplify" }]';
    assert.deepEqual(known('{ "odd": 1 }'), Object.keys(properties).sort());
    for (const member of ['data', 'evaluate', 'gates']) {
      assert.deepEqual(known(`{ ${passes}, "${member}": { "odd": 1 } }`), membersOf(properties[member]), member);
    }
  });

  it('says when there is no such file', () => {
    assert.throws(() => readRecipe(file), { code: 'usage', message: /There is no recipe .*small/ });
  });

  it('becomes a job; what is said beside it goes over what it says', () => {
    const recipe = parseRecipe(
      '{ "passes": [{ "pass": "simplify" }], "data": "photos", "dims": { "N": 4, "M": 2 }, "evaluate": { "data": "test", "threads": 2 }, "gates": {} }',
      file,
    );
    const files = { input: 'a.onnx', output: 'b.onnx', overwrite: false };
    assert.deepEqual(requestOf(recipe, { ...files, dims: { N: 8 }, evaluate: { latency: false } }), {
      ...files,
      steps: [{ pass: 'simplify', options: {} }],
      data: { source: path.join(folder, 'photos') },
      dims: { N: 8, M: 2 },
      evaluate: { data: { source: path.join(folder, 'test') }, threads: 2, latency: false },
    });
    const other = requestOf({ passes: recipe.passes }, { ...files, data: { source: 'x' } });
    assert.deepEqual(other.evaluate, { data: { source: 'x' } });
    assert.equal(requestOf(recipe, { ...files, evaluate: false }).evaluate, false);
  });
});

describe('recipe/json', () => {
  it('gives what JSON.parse gives', () => {
    const texts = ['{"a":[1,-2.5e3,true,null,"x\\n\\u00e9"],"b":{}}', ' [ ] ', '"x"', '0', '{"__proto__":1}'];
    for (const text of texts) assert.deepEqual(valueOf(parseJson(text)), JSON.parse(text));
    assert.deepEqual(valueOf(parseJson('\ufeff1')), 1);
  });

  it('refuses what JSON.parse refuses', () => {
    for (const text of ['01', '+1', '.5', '1.', "'x'", '{a:1}', '[1 2]', '"\t"', 'NaN', '{"a" 1}', '{"a":1,}']) {
      assert.throws(() => JSON.parse(text) as unknown, text);
      assert.throws(() => parseJson(text), text);
    }
  });

  it('counts lines as editors do', () => {
    assert.deepEqual(positionAt('a\r\nb\nc', 5), { line: 3, column: 1 });
    assert.deepEqual(positionAt('abc', 2), { line: 1, column: 3 });
  });
});
