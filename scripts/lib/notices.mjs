// The licences of what the bundles hold. Most of them ask that their text goes wherever the code goes; a bundle drops it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences that let anybody ship the code in a program of another licence. */
const permissive = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0']);

/**
 * Where texts lie that are not at the top of their package: of code inside it, or, for one that comes without, in another
 * package of the same holder or of a standard wording.
 */
const textsElsewhere = {
  '@jsquash/jpeg': ['@jsquash/jpeg/codec/LICENSE.codec.md'],
  '@bufbuild/protobuf': ['typescript/LICENSE.txt', '@bufbuild/protobuf/dist/cjs/wire/varint.js'],
  '@microsoft/fast-element': ['@vscode/webview-ui-toolkit/LICENSE'],
  '@microsoft/fast-foundation': ['@vscode/webview-ui-toolkit/LICENSE'],
  '@microsoft/fast-web-utilities': ['@vscode/webview-ui-toolkit/LICENSE'],
  'onnxruntime-common': ['@vscode/webview-ui-toolkit/LICENSE'],
  'onnxruntime-node': ['@vscode/webview-ui-toolkit/LICENSE'],
};

/** Folders of the packages, relative to the root, that any of these inputs of bundles (paths as esbuild gives them) is from. */
export function packagesOf(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const [folder] = /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder) folders.add(folder);
  }
  return [...folders].sort();
}

/** The notices to ship with the code of these packages. Throws for a licence that is not permissive and for a missing text. */
export function noticesFor(root, folders) {
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const terms = String(license).replace(/^\((.*)\)$/, '$1');
    const foreign = terms.split(' AND ').find((term) => !permissive.has(term));
    if (foreign) throw new Error(`${name} is licensed under ${terms}: code of "${foreign}" must not be bundled`);
    const texts = licenceFiles(root, folder, name).map((file) => licenceText(readFileSync(file, 'utf8')));
    return [`${name} ${version} (${terms})`, ...texts].join('\n\n');
  });
  const line = '-'.repeat(80);
  return `Lapidary contains code of these packages, each under its own licence.\n\n${notices.join(`\n\n${line}\n\n`)}\n`;
}

function licenceFiles(root, folder, name) {
  const own = readdirSync(path.join(root, folder)).filter((file) => /^(licen[cs]e|notices?)(\.|$)/i.test(file));
  const elsewhere = (textsElsewhere[name] ?? []).map((file) => path.join(root, 'node_modules', file));
  if (own.length + elsewhere.length === 0 || !elsewhere.every((file) => existsSync(file))) {
    throw new Error(`${name} comes without the text of its licence: say in scripts/lib/notices.mjs where it is`);
  }
  return [...own.sort().map((file) => path.join(root, folder, file)), ...elsewhere];
}

/** The whole text, or the comment that a source file starts with. */
function licenceText(text) {
  const isSource = text.startsWith('"use strict"');
  const comment = /(?:^\/\/.*\n)+/m.exec(text)?.[0].replace(/^\/\/ ?/gm, '');
  return (isSource ? (comment ?? '') : text).replace(/\r\n/g, '\n').trim();
}
