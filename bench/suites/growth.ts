/** How time and memory grow with the number of nodes. */
import { Attribute } from '../../src/graph/attribute';
import { type Model } from '../../src/graph/model';
import { Net } from '../models/net';
import { type Benchmark, megabytes, seconds } from '../support/lab';
import { type Contender, race } from '../support/measure';

const sizes = [1_000, 10_000, 100_000] as const;

/** Blocks of a convolution, two branches and a sum, one after the other; the batch is dynamic, the weight shared. */
export function chain(nodes: number): Model {
  const net = new Net('chain');
  let x = net.input('x', ['batch', 16, 32, 32]);
  const weight = net.weight('weight', [16, 16, 1, 1]);
  for (let block = 0; block < nodes / 4; block++) {
    x = net.scope(`block${block}`, () => {
      const y = net.op('Conv', [x, weight], [Attribute.ints('kernel_shape', [1, 1])]);
      return net.add(net.relu(y), net.op('Sigmoid', [y]));
    });
  }
  return net.finish([x]);
}

/** Ten times the nodes may take ten times the processor time, and a little for the cache; what one block takes, start-up above all, is taken off. */
const mostPerDecade = 12;

export const growth: Benchmark = {
  name: 'growth',
  summary: 'inspect --json of 1k, 10k and 100k nodes (chain with branches): linear in time and memory',
  async run(lab) {
    const inspect = (file: string): Promise<Contender> => lab.cli('lapidary', ['inspect', file, '--json']);
    const block = await lab.model('chain-4', () => chain(4));
    const start = (await race([await inspect(block)], lab.options.runs))[0]!;
    const rows = [
      ['one block', '-', seconds(start.seconds), seconds(start.cpuSeconds), '-', megabytes(start.peakBytes), '-'],
    ];
    const found: { nodes: number; cpu: number; bytes: number }[] = [];
    for (const nodes of sizes) {
      const file = await lab.model(`chain-${nodes}`, () => chain(nodes));
      const peer = lab.peer('onnx', 'infer', file);
      const contenders = [await inspect(file), ...(peer ? [peer] : [])];
      const results = await race(contenders, Math.min(3, lab.options.runs));
      for (const [index, result] of results.entries()) {
        const own = index === 0 ? result.cpuSeconds - start.cpuSeconds : result.cpuSeconds;
        rows.push([
          `${nodes}`,
          contenders[index]!.name,
          seconds(result.seconds),
          seconds(result.cpuSeconds),
          index === 0 ? `${((own / nodes) * 1e6).toFixed(0)} µs` : '-',
          megabytes(result.peakBytes),
          index === 0 ? `${((result.peakBytes - start.peakBytes) / nodes / 1000).toFixed(1)} kB` : '-',
        ]);
        if (index === 0) found.push({ nodes, cpu: own, bytes: result.peakBytes - start.peakBytes });
      }
    }
    lab.table(['nodes', 'program', 'wall', 'cpu', 'cpu per node', 'peak RSS', 'RSS per node'], rows);
    for (const [index, { nodes, cpu, bytes }] of found.entries()) {
      const before = found[index - 1];
      if (!before) continue;
      const times = (value: number): string => `${value.toFixed(1)} times`;
      lab.aim(`processor time from ${before.nodes} to ${nodes} nodes`, cpu / before.cpu, mostPerDecade, times);
      lab.aim(`memory from ${before.nodes} to ${nodes} nodes`, bytes / before.bytes, mostPerDecade, times);
    }
  },
};
