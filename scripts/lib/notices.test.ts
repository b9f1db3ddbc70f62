import assert from 'node:assert/strict';
import fs from 'node:fs';
import { temporaryFolder } from '../../test/support/folder';
import { noticesFor, packagesOf } from './notices.mjs';
import { root } from './paths';

describe('notices of bundled packages', () => {
  const inFolder = temporaryFolder();

  it('finds the packages of a bundle, nested ones apart', () => {
    const inputs = ['src/a.ts', 'node_modules/preact/dist/a.js', 'node_modules/preact/hooks/b.js'];
    const nested = 'node_modules/@microsoft/fast-foundation/node_modules/tslib/tslib.es6.js';
    assert.deepEqual(packagesOf([...inputs, nested]), [
      'node_modules/@microsoft/fast-foundation/node_modules/tslib',
      'node_modules/preact',
    ]);
  });

  it('gives name, version, licence and its text, also of packages that come without', () => {
    const text = noticesFor(root, ['node_modules/@bufbuild/protobuf', 'node_modules/preact']);
    assert.match(text, /^@bufbuild\/protobuf \d+\.\d+\.\d+ \(.*Apache-2\.0.*\)$/m);
    assert.match(text, /Apache License\s+Version 2\.0/);
    assert.match(text, /^Copyright 2008 Google Inc\.[^]*POSSIBILITY OF SUCH DAMAGE\.$/m);
    assert.match(text, /^preact [^]*Jason Miller/m);
  });

  it('refuses a licence that is not permissive, and a package without a text', () => {
    const add = (name: string, license: string): void => {
      fs.mkdirSync(inFolder(name));
      fs.writeFileSync(inFolder(name, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
    };
    add('copyleft', 'GPL-3.0-only');
    add('silent', 'MIT');
    assert.throws(() => noticesFor(inFolder(), ['copyleft']), /copyleft is licensed under GPL-3\.0-only/);
    assert.throws(() => noticesFor(inFolder(), ['silent']), /silent comes without the text of its licence/);
  });
});
