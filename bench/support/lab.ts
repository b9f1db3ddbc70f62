/** What benchmarks share: the command line as it ships, generated models, the Python peer, printing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Model } from '../../src/graph/model';
import { writeModel } from '../../src/graph/toOnnx';
import { run } from '../../scripts/lib/child';
import { type Contender } from './measure';

const root = path.resolve(__dirname, '../..');
const cache = path.join(root, '.cache/bench');
const peerScript = path.join(__dirname, 'peer.py');
const exportScript = path.join(__dirname, 'export.py');

/** How a run was asked for. */
export interface LabOptions {
  /** Measured runs of each contender. */
  readonly runs: number;
  /** Part of the names of what to measure, in benchmarks of many parts; empty for all. */
  readonly only: string;
}

/** One named benchmark. */
export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  run(lab: Lab): Promise<void>;
}

/** Handed to every benchmark. */
export class Lab {
  private python?: { readonly command: string; readonly version: string } | null;
  private builtCli?: Promise<string>;
  /** Aims that were missed. */
  readonly missed: string[] = [];
  /** How many aims were met. */
  met = 0;

  constructor(readonly options: LabOptions) {}

  /** A file of `.cache/bench/`; its folder is there. */
  file(name: string): string {
    mkdirSync(cache, { recursive: true });
    return path.join(cache, name);
  }

  /** A generated model as a file, written once. Change the name when the generator changes. */
  async model(name: string, make: () => Model): Promise<string> {
    const file = this.file(`${name}.onnx`);
    if (!existsSync(file)) await writeModel(make(), file);
    return file;
  }

  /** `lapidary …`, the bundle that ships, built from the sources at hand without touching `dist/`. */
  async cli(name: string, args: readonly string[], { codeCache = true } = {}): Promise<Contender> {
    const cli = await (this.builtCli ??= this.buildCli());
    const preload = path.join(__dirname, 'report.cjs');
    const env = { LAPIDARY_CODE_CACHE: codeCache ? this.file('code') : 'off' };
    return { name, command: process.execPath, args: ['--require', preload, cli, ...args], env };
  }

  /** The Python peer at a step of peer.py; undefined, and said so once, when there is none. */
  peer(name: string, step: string, ...args: readonly string[]): Contender | undefined {
    if (this.python === undefined) {
      this.python = findPython();
      const found = this.python && `Peer: Python with onnx ${this.python.version}.`;
      this.print(found ?? 'Peer skipped: no Python with onnx found; name one in LAPIDARY_PEER_PYTHON.');
    }
    return this.python ? { name, command: this.python.command, args: [peerScript, step, ...args] } : undefined;
  }

  /** A model that export.py makes with the peer's PyTorch, written once; undefined, and said so, where that fails. */
  exported(name: string): string | undefined {
    const file = this.file(`torch-${name}.onnx`);
    if (existsSync(file)) return file;
    this.python ??= findPython();
    if (!this.python) return void this.print(`Skipped: torch-${name}, as there is no Python to export it with.`);
    const { status, stderr } = spawnSync(this.python.command, [exportScript, name, file], { encoding: 'utf8' });
    if (status === 0) return file;
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    return void this.print(`Skipped: torch-${name}, as PyTorch could not export it: ${reason.slice(0, 160)}`);
  }

  print(text = ''): void {
    console.log(text);
  }

  /** Prints rows in columns; the first is left-aligned, numbers are to the right. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
    const line = (cells: readonly string[]): string =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
    for (const text of [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)]) {
      this.print(text);
    }
  }

  /** Prints whether an aim is met, and remembers it when not. */
  aim(what: string, value: number, limit: number, show: (value: number) => string = ratio): void {
    this.verdict(value <= limit, `${what}: ${show(value)} (aim: at most ${show(limit)})`);
  }

  /** Prints an aim that is not one number against another; says whether it is met. */
  verdict(met: boolean, text: string): void {
    if (met) this.met++;
    else this.missed.push(text);
    this.print(`${met ? 'met   ' : 'MISSED'} ${text}`);
  }

  private async buildCli(): Promise<string> {
    const folder = this.file('dist');
    const code = await run(process.execPath, ['esbuild.mjs', '--production', '--out', folder], { cwd: root });
    if (code !== 0) throw new Error('The build failed.');
    return path.join(folder, 'cli.js');
  }
}

function findPython(): { command: string; version: string } | null {
  const named = process.env.LAPIDARY_PEER_PYTHON;
  for (const command of named === undefined ? ['python3', 'python'] : [named]) {
    const { status, stdout } = spawnSync(command, [peerScript, 'version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.trim() };
  }
  return null;
}

/** `0.13×`. */
export const ratio = (value: number): string => `${value.toFixed(2)}×`;
/** `0.27 s`. */
export const seconds = (value: number): string => `${value.toFixed(2)} s`;
/** `76 MB`, of 10^6 bytes. */
export const megabytes = (value: number): string => `${(value / 1e6).toFixed(0)} MB`;
