import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { descriptionSchema, parseDescription, readDescription } from './description';

const schemaFile = path.join(__dirname, '../../schemas/data.schema.json');

describe('description of a data set', () => {
  it('has the schema that the editor is given (RESET=1 writes it)', () => {
    const expected = `${JSON.stringify(descriptionSchema(), null, 2)}\n`;
    if (process.env.RESET) writeFileSync(schemaFile, expected);
    assert.equal(readFileSync(schemaFile, 'utf8'), expected);
  });

  it('accepts what the design promises', () => {
    const image = {
      resize: 256,
      crop: 224,
      mean: [0.5, 0.5, 0.5],
      std: [0.2, 0.2, 0.2],
      layout: 'NCHW',
      channels: 'RGB',
    };
    const given = { samples: 'images/', labels: 'labels.tsv', input: 'x', image: { ...image, scale: 255 } };
    assert.deepEqual(parseDescription(given), given);
    assert.deepEqual(parseDescription({ samples: 'a', image: { resize: { longest: 640 } } }).image?.resize, {
      longest: 640,
    });
  });

  const wrong: [unknown, RegExp][] = [
    [{ image: { resize: 'big' } }, /"image\.resize" is a positive whole number or .*, not "big"/],
    [{ image: { resize: [1, 2, 3] } }, /"image\.resize" is a list of 2 items/],
    [{ image: { chanels: 'RGB' } }, /Nothing is called "image\.chanels" here; known: .*channels/],
    [{ image: { channels: 'CMYK' } }, /"image\.channels" is one of "RGB", "BGR", "GRAY", not "CMYK"/],
    [{ image: { crop: -1 } }, /"image\.crop" is a positive whole number, not -1/],
    [{ inputs: { a: { fill: 'zero' } } }, /"inputs\.a\.fill" is a number/],
    [[], /is an object/],
  ];
  for (const [value, message] of wrong) {
    it(`refuses ${JSON.stringify(value)}`, () =>
      assert.throws(() => parseDescription(value), { code: 'data', message }));
  }

  it('takes paths relative to its own file, and names the file in errors', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-'));
    const file = path.join(folder, 'set.data.json');
    writeFileSync(
      file,
      JSON.stringify({ inputs: { x: { samples: ['a.npy'] } }, labels: { pattern: '^(.)', classes: 'c.txt' } }),
    );
    const read = readDescription(file);
    assert.deepEqual(read.inputs?.x?.samples, [path.join(folder, 'a.npy')]);
    assert.deepEqual(read.labels, { pattern: '^(.)', classes: path.join(folder, 'c.txt') });
    writeFileSync(file, '{ "image": 3 }');
    assert.throws(
      () => readDescription(file),
      (error) => error instanceof LapidaryError && error.message.includes(file),
    );
    writeFileSync(file, '{');
    assert.throws(
      () => readDescription(file),
      (error) => error instanceof LapidaryError && error.message.startsWith(`${file} is not JSON: `),
    );
  });
});
