/** npm run bench [-- NAME …] [--runs N] [--only TEXT] [--list]: benchmarks by name, all of them by default. */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { corrections } from './suites/corrections';
import { costs } from './suites/costs';
import { editor } from './suites/editor';
import { externalData } from './suites/externalData';
import { growth } from './suites/growth';
import { inspect } from './suites/inspect';
import { memory } from './suites/memory';
import { peers } from './suites/peers/peers';
import { prune } from './suites/prune/prune';
import { shrink } from './suites/shrink/shrink';
import { simplify } from './suites/simplify';
import { type Benchmark, Lab } from './support/lab';

const benchmarks: readonly Benchmark[] = [
  costs,
  inspect,
  externalData,
  growth,
  editor,
  simplify,
  memory,
  peers,
  corrections,
  prune,
  shrink,
];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      only: { type: 'string', default: '' },
      list: { type: 'boolean' },
    },
  });
  const runs = Number(values.runs);
  const unknown = positionals.find((name) => !benchmarks.some((each) => each.name === name));
  if (values.list || unknown !== undefined || !(runs >= 1)) {
    if (unknown !== undefined) console.error(`There is no benchmark "${unknown}".`);
    else if (!values.list) console.error('--runs is a number from 1 on.');
    for (const { name, summary } of benchmarks) console.log(`${name.padEnd(14)} ${summary}`);
    return values.list ? 0 : 2;
  }
  const lab = new Lab({ runs, only: values.only });
  const [cpu] = os.cpus();
  lab.print(`${cpu?.model.trim() ?? 'unknown processor'}, ${os.cpus().length} threads, Node ${process.version}`);
  for (const benchmark of benchmarks) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
    lab.print(`\n## ${benchmark.name}: ${benchmark.summary}\n`);
    const load = os.loadavg()[0]!;
    if (load > 1)
      lab.print(`Note: the machine is busy (load ${load.toFixed(1)}): times are too long, ratios less so.\n`);
    await benchmark.run(lab);
  }
  lab.print(`\nAims met: ${lab.met}, missed: ${lab.missed.length}`);
  for (const text of lab.missed) lab.print(`  ${text}`);
  return lab.missed.length > 0 ? 1 : 0;
}

void main().then((code) => (process.exitCode = code));
