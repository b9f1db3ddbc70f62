/**
 * Keeps the compiled program between runs: V8 spends a quarter of a short command on compiling. What V8 makes of it is
 * code, so it is only read from a folder that nobody else can write to; without one, everything just takes longer.
 */
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';

/** What to run, and where compiled code may be kept. */
export interface CachedProgram {
  /** A CommonJS file. */
  readonly file: string;
  readonly version: string;
  /** What is asked of the program: each command compiles other functions, so each has its own cache. */
  readonly command: string;
  /** undefined: keep nothing. */
  readonly folder: string | undefined;
}

/** Runs a program from its compiled code if that is at hand, and leaves it for the next time if the run succeeds. */
export function runCached({ file, version, command, folder }: CachedProgram): void {
  const place = folder !== undefined && /^[a-z][a-z0-9-]*$/.test(command) ? folder : undefined;
  const kept = place === undefined ? undefined : { folder: place, prefix: `${command}.`, name: '' };
  if (kept) kept.name = `${kept.prefix}${identity(file, version)}.bin`;
  const cachedData = kept && read(kept.folder, kept.name);
  // What Node itself does for a CommonJS file, but for the cached data.
  const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file, cachedData });
  const module = { exports: {} };
  type Wrapper = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;
  (script.runInThisContext() as Wrapper)(module.exports, createRequire(file), module, file, dirname(file));
  if (!kept || (cachedData && !script.cachedDataRejected)) return;
  process.on('exit', (code) => {
    // Only now is compiled what the command needs.
    if (code === 0) write(kept.folder, kept.prefix, kept.name, () => script.createCachedData());
  });
}

/** The folder for compiled code of this user: $LAPIDARY_CODE_CACHE ("off" for none), else where the system keeps caches. */
export function codeCacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const named = env.LAPIDARY_CODE_CACHE;
  if (named !== undefined && named !== '') return named === 'off' ? undefined : named;
  const local = platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME;
  if (local !== undefined && isAbsolute(local)) return join(local, 'lapidary', 'code');
  const home = homedir();
  if (!isAbsolute(home)) return undefined;
  const caches = { win32: ['AppData', 'Local'], darwin: ['Library', 'Caches'] }[platform as string] ?? ['.cache'];
  return join(home, ...caches, 'lapidary', 'code');
}

/** Tells builds apart. V8 compares the length of the source only; packages from npm all have the same date. */
function identity(file: string, version: string): string {
  const { size, mtimeMs } = statSync(file);
  return [version, process.version, process.arch, size.toString(36), Math.trunc(mtimeMs).toString(36)].join('-');
}

function read(folder: string, name: string): Buffer | undefined {
  try {
    return isOurs(folder, true) && isOurs(join(folder, name), false) ? readFileSync(join(folder, name)) : undefined;
  } catch {
    return undefined; // There is none yet.
  }
}

/** Puts the new file in place whole, and removes what it replaces. */
function write(folder: string, prefix: string, name: string, make: () => Buffer): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOurs(folder, true)) return;
    const draft = join(folder, `${name}.${process.pid}`);
    writeFileSync(draft, make(), { mode: 0o600, flag: 'wx' });
    renameSync(draft, join(folder, name));
    const older = readdirSync(folder).filter((each) => each.startsWith(prefix) && each !== name);
    for (const each of older) rmSync(join(folder, each), { force: true });
  } catch {
    // A cache that cannot be written (a full disk, a read-only home) is no reason to complain: the work is done.
  }
}

/** True when this user alone can have written it: the right kind, no link, nobody else's, and not open to others. */
function isOurs(path: string, folder: boolean): boolean {
  const found = lstatSync(path);
  if (folder ? !found.isDirectory() : !found.isFile()) return false;
  const user = process.getuid?.(); // On Windows the user's profile is closed to others.
  return user === undefined || (found.uid === user && (found.mode & 0o022) === 0);
}
