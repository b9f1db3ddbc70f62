// Writes what the declarations decide: parts of package.json, its texts, the recipe schema, the texts to translate, the reference of passes.
//   npm run manifest [-- --check]
import fs from 'node:fs';
import path from 'node:path';
import { applyManifest, buildManifest } from '../src/manifest/manifest';
import { passReference, passReferencePath } from '../src/manifest/passReference';
import { recipeSchema, recipeSchemaPath } from '../src/manifest/recipeSchema';
import { l10nBundle } from './l10n';
import { root } from './lib/paths';

/** Generated files with what they have to contain, by their path in the repository. */
function generatedFiles(): ReadonlyMap<string, string> {
  const packageJson = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const contents: Readonly<Record<string, unknown>> = {
    'package.json': applyManifest(packageJson),
    'package.nls.json': buildManifest().texts,
    [recipeSchemaPath]: recipeSchema(),
    'l10n/bundle.l10n.json': l10nBundle(),
  };
  const files = Object.entries(contents).map(([file, value]): [string, string] => [
    file,
    `${JSON.stringify(value, undefined, 2)}\n`,
  ]);
  return new Map([...files, [passReferencePath, passReference()]]);
}

/** Generated files whose contents on disk are not what they have to be. */
export function staleFiles(): readonly string[] {
  const isFresh = ([file, text]: readonly [string, string]): boolean => {
    const filepath = path.join(root, file);
    return fs.existsSync(filepath) && fs.readFileSync(filepath, 'utf8') === text;
  };
  return [...generatedFiles()].filter((entry) => !isFresh(entry)).map(([file]) => file);
}

function main(): void {
  const stale = staleFiles();
  if (process.argv.includes('--check')) {
    if (stale.length > 0) {
      console.error(`Not what the declarations say: ${stale.join(', ')}. Run "npm run manifest" and commit.`);
      process.exitCode = 1;
    }
    return;
  }
  const contents = generatedFiles();
  for (const file of stale) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), contents.get(file) ?? '');
    console.log(`wrote ${file}`);
  }
}

if (require.main === module) main();
