// The three suites: in Node, inside the extension host, and through a window of VS Code.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { exampleModels } from '../examples';
import { run } from '../lib/child';
import { cacheFolder, outFolder, root } from '../lib/paths';
import { buildBundles, hostTarget, packageExtension } from '../package';
import { type HostTestOptions, runInDesktop, runInServer } from '../vscode/hostTests';
import { serverIsSupported } from '../vscode/install';
import { type Counts, countsFile, readCounts } from './counts';

const reporter = path.join(__dirname, 'countingReporter.cjs');
// Not bin/mocha.js, which would start this as a child of its own and lose it when a signal comes.
const mocha = ['--import', 'tsx', path.join(root, 'node_modules/mocha/lib/cli/cli.js')];

/** Everything that needs no VS Code. */
export async function unitSuite(): Promise<Counts> {
  const specs = [
    ...['src', 'webview', 'scripts', 'bench'].map((folder) => `${folder}/**/*.test.{ts,tsx}`),
    ...['*', 'support/**/*', 'conformance/**/*'].map((place) => `test/${place}.test.ts`),
  ];
  return runMocha('unit', specs);
}

/** What the extension does through VS Code's API, in a real extension host. */
export async function hostSuite(): Promise<Counts> {
  const counts = countsFile('host');
  const options: HostTestOptions = {
    entry: await prepareHostSuite(),
    workspace: freshFolder('workspace-host'),
    environment: { LAPIDARY_TEST_COUNTS: counts, LAPIDARY_TEST_REPORTER: reporter },
    timeout: 10 * 60_000,
  };
  const wantsDesktop = process.argv.includes('--desktop') || !serverIsSupported();
  return readCounts(counts, await (wantsDesktop ? runInDesktop(options) : runInServer(options)));
}

/** Builds the extension and the tests for its host; gives the tests' entry. */
export async function prepareHostSuite(): Promise<string> {
  await buildBundles('development');
  return bundleHostTests();
}

/** What a person does with the packaged extension: right-clicks, palettes, webviews. */
export async function uiSuite(): Promise<Counts> {
  if (!serverIsSupported()) {
    console.log('Skipped: the UI tests drive the server build of VS Code, which runs on Linux only.');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  await buildBundles('production');
  const workspace = freshFolder('workspace-ui');
  fs.cpSync(await exampleModels(), workspace, { recursive: true });
  return runMocha(
    'ui',
    ['test/ui/**/*.test.ts'],
    ['--require', './test/ui/support/session.ts', '--timeout', '120000'],
    {
      LAPIDARY_TEST_VSIX: await packageExtension(hostTarget),
      LAPIDARY_TEST_WORKSPACE: workspace,
      LAPIDARY_TEST_SCREENSHOTS: path.join(cacheFolder, 'screenshots'),
    },
  );
}

async function runMocha(
  name: string,
  specs: readonly string[],
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const counts = countsFile(name);
  const grep = process.env.MOCHA_GREP ? ['--grep', process.env.MOCHA_GREP] : [];
  const env = { ...process.env, ...environment, LAPIDARY_TEST_COUNTS: counts };
  const exitCode = await run(process.execPath, [...mocha, '--reporter', reporter, ...grep, ...flags, ...specs], {
    cwd: root,
    env,
  });
  return readCounts(counts, exitCode);
}

/** One script per test file, because the extension host cannot run TypeScript. Gives the entry's path. */
async function bundleHostTests(): Promise<string> {
  const from = path.join(root, 'test/host');
  const tests = fs.readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const outdir = path.join(outFolder, 'test-host');
  fs.rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: ['index.ts', ...tests].map((file) => path.join(from, file)),
    outbase: from,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
  });
  return path.join(outdir, 'index.js');
}

/** An empty folder for the window to open. */
function freshFolder(name: string): string {
  const folder = path.join(outFolder, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}
