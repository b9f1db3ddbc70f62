// Bundles the extension, its worker, the command line and the webview pages into dist/.
//   node esbuild.mjs [--production] [--watch] [--out FOLDER]
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { context, build } from 'esbuild';
import { noticesFor, packagesOf } from './scripts/lib/notices.mjs';

const root = import.meta.dirname;
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const outAt = process.argv.indexOf('--out');
const out = outAt < 0 ? path.join(root, 'dist') : path.resolve(process.argv[outAt + 1]);

/** Packages with native binaries: they are loaded from node_modules at run time, never bundled. */
const nativeRuntime = ['onnxruntime-node', 'onnxruntime-common'];

/** Its descriptors take longer to build than most models take to read or write (src/onnx/README.md). */
const slowLibraries = ['@bufbuild/protobuf'];

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

const node = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Emscripten's code asks where it lies, and does without an answer.
  logOverride: { 'empty-import-meta': 'silent' },
};

const programs = [
  // The extension host must stay light and must survive a native crash, so it may not even mention the runtime.
  {
    ...node,
    entryPoints: ['src/host/activate.ts'],
    outfile: path.join(out, 'extension.js'),
    external: ['vscode'],
    forbid: nativeRuntime,
  },
  {
    ...node,
    entryPoints: ['src/worker/main.ts'],
    outfile: path.join(out, 'worker.js'),
    external: nativeRuntime,
    forbid: ['vscode', ...slowLibraries],
  },
  {
    ...node,
    entryPoints: ['src/cli/start.ts'],
    outfile: path.join(out, 'cli.js'),
    forbid: [...nativeRuntime, 'vscode'],
    banner: { js: '#!/usr/bin/env node' },
  },
  cliProgram('cliProgram.js'),
  // `inspect` should not take longer to start with every pass that there is.
  cliProgram('cliInspect.js', './inspect'),
];

/** A program for dist/cli.js, with all jobs or with one. */
function cliProgram(name, onlyJob) {
  const leaveOutOtherJobs = {
    name: 'leave-out-other-jobs',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^\.\// }, ({ kind, importer, path: imported }) => {
        const isJob = kind === 'dynamic-import' && importer === path.join(root, 'src/jobs/jobs.ts');
        return isJob && imported !== onlyJob ? { path: imported, external: true } : undefined;
      });
    },
  };
  return {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: path.join(out, name),
    external: nativeRuntime,
    forbid: ['vscode', ...slowLibraries],
    // It is run as a vm.Script, which has no import().
    supported: { 'dynamic-import': false },
    plugins: onlyJob ? [leaveOutOtherJobs] : [],
  };
}

const pages = {
  ...common,
  entryPoints: webviewPages().map((page) => ({ in: `webview/${page}/main.tsx`, out: page })),
  outdir: path.join(out, 'webview'),
  platform: 'browser',
  format: 'iife',
  target: 'chrome128', // Chromium of VS Code 1.95, the oldest we support
  jsx: 'automatic',
  jsxImportSource: 'preact',
  forbid: [...nativeRuntime, 'vscode'],
};

function webviewPages() {
  return readdirSync(path.join(root, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'webview', entry.name, 'main.tsx')))
    .map((entry) => entry.name)
    .sort();
}

/** Fails the build when a bundle contains, or would require at run time, a package that it must not know. */
function forbidPackages(packages) {
  const isForbidden = (file) =>
    packages.some((name) => file === name || file.startsWith(`${name}/`) || file.includes(`node_modules/${name}/`));
  return {
    name: 'forbid-packages',
    setup(pluginBuild) {
      pluginBuild.onEnd((result) => {
        const { inputs = {}, outputs = {} } = result.metafile ?? {};
        const errors = [];
        // What is imported for its types alone leaves nothing in the output.
        for (const output of Object.values(outputs)) {
          const contents = Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) =>
            bytesInOutput ? [file] : [],
          );
          for (const file of [...contents, ...output.imports.map((each) => each.path)].filter(isForbidden)) {
            const by = Object.keys(inputs).filter((input) => inputs[input].imports.some((each) => each.path === file));
            const text = `${by.join(', ')} imports ${file}, which this bundle must not contain`;
            console.error(text); // esbuild prints no errors of this stage.
            errors.push({ text });
          }
        }
        return { errors };
      });
    },
  };
}

/** Puts WebAssembly that a program finds by `require.resolve` beside it: once for all, and read only when it is needed. */
const carryWebAssembly = {
  name: 'carry-webassembly',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /\.wasm$/ }, ({ kind, path: imported }) => {
      if (kind !== 'require-resolve') return undefined;
      const name = path.basename(imported);
      mkdirSync(out, { recursive: true });
      copyFileSync(path.join(root, 'node_modules', imported), path.join(out, name));
      return { path: `./${name}`, external: true };
    });
  },
};

/** Lines by which an editor's task knows that a build begins and ends (.vscode/tasks.json). */
const announceBuilds = {
  name: 'announce-builds',
  setup(pluginBuild) {
    pluginBuild.onStart(() => console.log('[watch] build started'));
    pluginBuild.onEnd(() => console.log('[watch] build finished'));
  },
};

/** Licences of all that is shipped, the native runtime too. */
function writeNotices(results) {
  const bundled = packagesOf(results.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
  const native = nativeRuntime.map((name) => `node_modules/${name}`);
  writeFileSync(path.join(out, 'THIRD_PARTY_NOTICES.txt'), noticesFor(root, [...bundled, ...native]));
}

const targets = [...programs, pages].map(({ forbid, plugins = [], ...options }) => ({
  ...options,
  plugins: [...plugins, carryWebAssembly, forbidPackages(forbid), ...(watch ? [announceBuilds] : [])],
}));

// A package must not carry pages of yesterday; a development build leaves alone what somebody may be running.
if (production) rmSync(out, { recursive: true, force: true });
const started = performance.now();
try {
  if (watch) {
    const contexts = await Promise.all(targets.map((target) => context(target)));
    await Promise.all(contexts.map((each) => each.watch()));
  } else {
    const results = await Promise.all(targets.map((target) => build(target)));
    if (production) writeNotices(results);
    chmodSync(path.join(out, 'cli.js'), 0o755);
    console.log(
      `built ${path.basename(out)}/ in ${((performance.now() - started) / 1000).toFixed(1)} s${production ? ' (production)' : ''}`,
    );
  }
} catch (error) {
  // esbuild has already printed what is wrong and where; anything else must be seen too.
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exit(1);
}
