import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { englishWords } from '../src/report/words';
import { allTexts, setTranslations, text, words } from './strings';

function sources(): string {
  const files = fs.readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
  const ours = files.filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.') && file !== 'strings.ts');
  return ours.map((file) => fs.readFileSync(path.join(__dirname, file), 'utf8')).join('\n');
}

describe('webview/strings', () => {
  it('holds no text that no page says', () => {
    const code = sources();
    const unused = Object.keys(allTexts).filter((key) => !new RegExp(`['"]${key}['"]`).test(code));
    assert.deepEqual(unused, []);
  });

  it('puts values in, and never reads a value as a template', () => {
    assert.equal(text('layersFiltered', '4', '{0}'), '4 of {0} layers');
    assert.equal(text('madeFrom', '$& {1}'), 'made from $& {1}');
  });

  it('speaks what the bundle says, and English for the rest', () => {
    setTranslations({ Layers: 'Schichten', '{0} smaller': '{0} kleiner' });
    assert.equal(text('layers'), 'Schichten');
    assert.equal(text('copy'), 'Copy');
    assert.equal(words().smaller, '{0} kleiner');
    assert.equal(words().faster, englishWords.faster);
    setTranslations({});
    assert.equal(text('layers'), 'Layers');
  });
});
