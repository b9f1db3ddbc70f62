// Makes `npm run …` work in a fresh clone: installs the dependencies when they are missing or not those of package-lock.json.
// Plain JavaScript over Node's own modules, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** What npm wrote about a tree: install path -> version. */
function readLock(file) {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** The first package that has to be installed, or undefined when node_modules is what package-lock.json asks for. */
function firstMissing() {
  const wanted = readLock(path.join(root, 'package-lock.json'));
  const installed = readLock(path.join(root, 'node_modules/.package-lock.json'));
  if (!installed) return 'node_modules';
  for (const [place, { version, optional, link }] of Object.entries(wanted)) {
    if (place === '' || link) continue;
    // Optional packages are those of other platforms: absent is fine, another version is not.
    if (installed[place] ? installed[place].version !== version : !optional) return place;
  }
  return undefined;
}

const missing = firstMissing();
if (missing) {
  console.log(`Installing dependencies (${missing} is missing or out of date)…`);
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32', // npm is a .cmd file there
  });
  if (npm.error) throw npm.error;
  process.exit(npm.status ?? 1);
}
