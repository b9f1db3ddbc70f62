import { buildSync } from 'esbuild';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/support/folder';
import { codeCacheFolder } from './codeCache';

describe('compiled code', () => {
  const at = temporaryFolder();
  let count = 0;

  /** A program of its own for each test, with the folder its code is kept in. */
  function program(source: string): { file: string; cache: string; run: (command?: string) => string } {
    const home = at(`${count++}`);
    mkdirSync(home);
    const [file, cache] = [join(home, 'program.js'), join(home, 'cache')];
    writeFileSync(file, source);
    return {
      file,
      cache,
      run: (command = 'inspect') => {
        const { stdout, stderr } = spawnSync(process.execPath, [at('starter.js'), file, command, cache], {
          encoding: 'utf8',
        });
        assert.equal(stderr, '');
        return stdout;
      },
    };
  }

  const files = (cache: string): string[] => readdirSync(cache);
  const age = (file: string): void => utimesSync(file, 1, 1);
  const isAged = (file: string): boolean => statSync(file).mtimeMs === 1000;

  beforeEach(() => {
    const source = `import { runCached } from './codeCache';
      const [file, command, folder] = process.argv.slice(2);
      runCached({ file, command, folder, version: '1.2.3' });`;
    const stdin = { contents: source, resolveDir: __dirname, loader: 'ts' } as const;
    buildSync({ stdin, outfile: at('starter.js'), bundle: true, platform: 'node', format: 'cjs', logLevel: 'warning' });
  });

  it('is left by the first run and taken by the second', () => {
    const { cache, run } = program(
      'console.log(__filename.slice(-10), typeof require("fs").read, typeof module.exports)',
    );
    assert.equal(run(), 'program.js function object\n');
    const [name] = files(cache);
    assert.match(name!, /^inspect\.1\.2\.3-v\d/);
    age(join(cache, name!));
    assert.equal(run(), 'program.js function object\n');
    assert.deepEqual(files(cache), [name]);
    assert.ok(isAged(join(cache, name!)), 'written once');
  });

  it('is kept for each command, and not for what is no command', () => {
    const { cache, run } = program('console.log(1)');
    for (const command of ['inspect', 'text', '--help', '../out', '']) assert.equal(run(command), '1\n');
    assert.deepEqual(
      files(cache).map((name) => name.split('.')[0]),
      ['inspect', 'text'],
    );
  });

  it('belongs to one build, though V8 takes any source of the same length for it', () => {
    const { file, cache, run } = program('console.log(1)');
    assert.equal(run(), '1\n');
    writeFileSync(file, 'console.log(2)');
    age(file);
    assert.equal(run(), '2\n');
    assert.equal(files(cache).length, 1, 'the old one is gone');
  });

  it('is made anew where it is damaged', () => {
    const { cache, run } = program('console.log(1)');
    run();
    const place = join(cache, files(cache)[0]!);
    const whole = readFileSync(place);
    writeFileSync(place, whole.subarray(0, 40));
    assert.equal(run(), '1\n');
    assert.equal(readFileSync(place).length, whole.length);
  });

  it('is not left by a run that fails', () => {
    const { cache, run } = program('process.exitCode = 3');
    run();
    assert.throws(() => files(cache), /ENOENT/);
  });

  it('is neither read from nor written to a folder that others can write to', function () {
    if (process.platform === 'win32') this.skip();
    const { cache, run } = program('console.log(1)');
    run();
    const place = join(cache, files(cache)[0]!);
    age(place);
    chmodSync(place, 0o666);
    run();
    assert.equal(isAged(place), false, 'a file open to others is replaced');
    age(place);
    chmodSync(cache, 0o777);
    writeFileSync(place, 'no code');
    assert.equal(run(), '1\n');
    assert.equal(readFileSync(place, 'utf8'), 'no code');
  });

  it('has a place for each system, and can be switched off', () => {
    const home = at();
    assert.equal(codeCacheFolder({ LAPIDARY_CODE_CACHE: 'off' }, 'linux'), undefined);
    assert.equal(codeCacheFolder({ LAPIDARY_CODE_CACHE: home }, 'linux'), home);
    assert.equal(codeCacheFolder({ XDG_CACHE_HOME: home }, 'linux'), join(home, 'lapidary', 'code'));
    assert.match(codeCacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')!, /\.cache.lapidary.code$/);
    assert.match(codeCacheFolder({}, 'darwin')!, /Library.Caches.lapidary.code$/);
    assert.equal(codeCacheFolder({ LOCALAPPDATA: home }, 'win32'), join(home, 'lapidary', 'code'));
  });
});
