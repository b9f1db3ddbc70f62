// Makes the VSIX for one platform: npm run package [-- --target linux-x64] [--list]
// vsce asks npm which packages the extension needs, so the extension is staged with just those, trimmed, and packed there.
import fs from 'node:fs';
import path from 'node:path';
import { createVSIX, listFiles } from '@vscode/vsce';
import { run } from './lib/child';
import { outFolder, root } from './lib/paths';

/** VS Code's name for a platform -> the runtime's folder for it. No folder: there the extension inspects only. */
const runtimeFolders: Readonly<Record<string, string | undefined>> = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
  'darwin-arm64': 'darwin/arm64',
  'darwin-x64': undefined,
  'alpine-x64': undefined,
  'alpine-arm64': undefined,
};

const shipped = ['README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore', 'l10n', 'media', 'schemas', 'dist'];

interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

/** The platform of this machine, as VS Code names it. */
export const hostTarget = `${process.platform}-${process.arch}`;

/** Bundles everything into dist/. */
export async function buildBundles(mode: 'development' | 'production'): Promise<void> {
  const flags = mode === 'production' ? ['--production'] : [];
  const code = await run(process.execPath, ['esbuild.mjs', ...flags], { cwd: root });
  if (code !== 0) throw new Error('The build failed');
}

/** Packs dist/ and the runtime of one platform into a VSIX and gives its path. Build first. */
export async function packageExtension(target: string): Promise<string> {
  const stage = stageExtension(target);
  const { name, version } = readManifest(path.join(root, 'package.json'));
  const packagePath = path.join(outFolder, `${name}-${version}-${target}.vsix`);
  await createVSIX({ cwd: stage, target, packagePath, allowMissingRepository: true, rewriteRelativeLinks: false });
  return packagePath;
}

/** Lays out what a VSIX for this platform may contain (.vscodeignore has the last word) and gives the folder. */
function stageExtension(target: string): string {
  if (!(target in runtimeFolders)) {
    throw new Error(`Unknown target ${target}; choose one of ${Object.keys(runtimeFolders).join(', ')}`);
  }
  const stage = path.join(outFolder, 'package', target);
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  const texts = fs.readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name));
  for (const name of [...shipped, ...texts]) {
    const from = path.join(root, name);
    if (fs.existsSync(from)) fs.cpSync(from, path.join(stage, name), { recursive: true });
  }
  const manifest = readManifest(path.join(root, 'package.json'));
  delete manifest.scripts;
  delete manifest.devDependencies;
  const runtime = runtimeFolders[target];
  const native = 'onnxruntime-node';
  manifest.dependencies = runtime ? { [native]: manifest.dependencies?.[native] ?? '*' } : {};
  writeManifest(stage, manifest);
  if (runtime) stageRuntime(stage, runtime);
  return stage;
}

function stageRuntime(stage: string, runtime: string): void {
  const stagePackage = (name: string, dependencies: readonly string[], folders: readonly string[]): void => {
    const from = path.join(root, 'node_modules', name);
    const to = path.join(stage, 'node_modules', name);
    for (const folder of folders) fs.cpSync(path.join(from, folder), path.join(to, folder), { recursive: true });
    const manifest = readManifest(path.join(from, 'package.json'));
    const kept = Object.entries(manifest.dependencies ?? {}).filter(([each]) => dependencies.includes(each));
    // What only the install script needs is not shipped; named still, it would make npm complain.
    manifest.dependencies = Object.fromEntries(kept);
    delete manifest.devDependencies;
    delete manifest.scripts;
    writeManifest(to, manifest);
  };
  stagePackage('onnxruntime-common', [], ['dist/cjs']);
  stagePackage('onnxruntime-node', ['onnxruntime-common'], ['dist', `bin/napi-v6/${runtime}`]);
}

function readManifest(file: string): Manifest {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
}

function writeManifest(folder: string, manifest: Manifest): void {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

async function main(): Promise<void> {
  const flag = process.argv.indexOf('--target');
  const target = flag < 0 ? hostTarget : (process.argv[flag + 1] ?? '');
  await buildBundles('production');
  if (process.argv.includes('--list')) {
    console.log((await listFiles({ cwd: stageExtension(target) })).sort().join('\n'));
    return;
  }
  const vsix = await packageExtension(target);
  console.log(`${path.relative(root, vsix)}: ${(fs.statSync(vsix).size / 1e6).toFixed(1)} MB`);
}

if (require.main === module) void main();
