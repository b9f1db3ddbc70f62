// npm start: builds the extension and opens VS Code with it on a folder of example models.
//   --prepare: builds and lays out the folder, but opens nothing (for F5).
// The person's own `code` when there is one (CODE names another), else the server build, whose address is printed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { exampleModels } from './examples';
import { outFolder, root } from './lib/paths';
import { buildBundles, hostTarget, packageExtension } from './package';
import { serverIsSupported } from './vscode/install';
import { startServer } from './vscode/server';

async function main(): Promise<void> {
  const folder = await workingCopy(await exampleModels());
  const code = process.env.CODE ?? 'code';
  if (process.argv.includes('--prepare')) {
    await buildBundles('development');
  } else if (isProgram(code)) {
    await buildBundles('development');
    console.log(`Opening ${folder} in ${code}`);
    const opened = spawnSync(code, [`--extensionDevelopmentPath=${root}`, '--disable-workspace-trust', folder], {
      stdio: 'inherit',
      shell: isWindows,
      env: { ...process.env, ...firstTime },
    });
    process.exitCode = opened.status ?? 1;
  } else if (serverIsSupported()) {
    await buildBundles('production');
    await serve(await packageExtension(hostTarget), folder);
  } else {
    console.error('VS Code was not found: put its `code` command on PATH, or name it in the variable CODE.');
    process.exitCode = 1;
  }
}

/** Whoever starts this sees the walkthrough first. */
const firstTime = { LAPIDARY_WALKTHROUGH: '1' };

const isWindows = process.platform === 'win32';

function isProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore', shell: isWindows }).status === 0;
}

/** The examples as files that a person may change; what was made beside them in earlier runs is kept. */
async function workingCopy(examples: string): Promise<string> {
  const copy = path.join(outFolder, 'examples');
  await fs.promises.cp(examples, copy, { recursive: true, force: false });
  const recipe = path.join(copy, 'smaller.lapidary.json');
  if (!fs.existsSync(recipe)) await fs.promises.writeFile(recipe, `${JSON.stringify(exampleRecipe, undefined, 2)}\n`);
  return copy;
}

/** For any of the examples; that it is there also starts the extension, which shows its walkthrough. */
const exampleRecipe = {
  name: 'Smaller',
  description: 'Weights in 8 bits. Nothing is written unless the model is at most half as large and nearly as exact.',
  passes: [{ pass: 'simplify' }, { pass: 'quantize-weights', options: { bits: 8 } }],
  gates: { maxSizeRatio: 0.5, minSqnrDb: 20 },
};

async function serve(vsix: string, folder: string): Promise<void> {
  const server = await startServer({ extensions: [vsix], attended: true, environment: firstTime });
  console.log(`\nVS Code with Lapidary is at\n\n  ${server.address(folder)}\n\nCtrl+C ends it.`);
  process.exitCode = await server.ended;
}

void main();
