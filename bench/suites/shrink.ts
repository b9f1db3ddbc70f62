/** How fast models are pruned and factorized, how near to the best factors are, and what the result gains. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { difference, energy, matrix, type Matrix } from '../../src/numerics/linear/matrix';
import { Random } from '../../src/numerics/random';
import { matrixProducts } from '../../src/pass/matrixProducts';
import { parseOptions } from '../../src/pass/option';
import { split } from '../../src/passes/factorize/lowRank';
import { apply as factorize } from '../../src/passes/factorize/apply';
import { declaration as factorizing } from '../../src/passes/factorize/declaration';
import { apply as pruneChannels } from '../../src/passes/prune-channels/apply';
import { declaration as pruning } from '../../src/passes/prune-channels/declaration';
import { readModel } from '../../src/graph/fromOnnx';
import { measureTogether } from '../../src/runtime/measure';
import { loadOrt } from '../../src/runtime/ort';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { resnet18, resnet50 } from '../models/convnets';
import { vitB16 } from '../models/transformers';
import { type Benchmark, type Lab, megabytes, ratio, seconds } from '../support/lab';
import { race } from '../support/measure';
import { openTrained, type TrainedName } from '../support/quality';
import { scores } from '../support/scores';
import { contextFor, macsOf } from '../support/shrinking';

export const shrink: Benchmark = {
  name: 'shrink',
  summary: 'tool time of pruning and factorizing, SVD against numpy, data against weights, latency for MACs',
  async run(lab) {
    const parts = { tool: toolTime, svd: againstNumpy, whitened: whitenedAgainstPlain, latency: latencyForMacs };
    for (const [name, part] of Object.entries(parts)) {
      if (name.includes(lab.options.only)) await part(lab);
    }
  },
};

/** Whole processes, without data. */
async function toolTime(lab: Lab): Promise<void> {
  const runs = Math.min(3, lab.options.runs);
  const resnet = await lab.model('resnet50', () => resnet50());
  const vit = await lab.model('vit-b16', () => vitB16());
  const out = lab.file('shrunk.onnx');
  const rest = ['-o', out, '--overwrite', '--no-evaluate', '--json'];
  const pruned = await race([await lab.cli('prune', ['prune-channels', resnet, ...rest])], runs);
  const thin = await race([await lab.cli('factorize', ['factorize', vit, '--ratio', '0.5', ...rest])], 1, 0);
  const rows = [
    { name: 'prune-channels, ResNet-50', ...pruned[0]! },
    { name: 'factorize --ratio 0.5, ViT-B/16', ...thin[0]! },
  ];
  lab.table(
    ['program', 'wall', 'cpu', 'peak RSS'],
    rows.map((row) => [row.name, seconds(row.seconds), seconds(row.cpuSeconds), megabytes(row.peakBytes)]),
  );
  lab.aim('prune-channels, wall time', pruned[0]!.seconds, 3, seconds);
  lab.aim('prune-channels, peak memory', pruned[0]!.peakBytes, 400e6, megabytes);
  lab.aim('factorize, wall time', thin[0]!.seconds, 60, seconds);
  lab.print();
}

/** Our truncated SVD beside numpy's full one, on the same matrices. */
async function againstNumpy(lab: Lab): Promise<void> {
  const peer = lab.peer('numpy', 'svd');
  const rows: string[][] = [];
  const products = matrixProducts(await loadOrt());
  let worst = 0;
  try {
    for (const { height, width, rank } of [
      { height: 512, width: 512, rank: 128 },
      { height: 1024, width: 1024, rank: 256 },
      { height: 3072, width: 768, rank: 192 },
    ]) {
      const a = decaying(height, width);
      await split({ weights: a }, rank, products.multiply);
      const started = performance.now();
      const { left, right } = await split({ weights: a }, rank, products.multiply);
      const ours = (performance.now() - started) / 1000;
      const error = energy(difference(a, await products.multiply(left, right)));
      const numpy = peer && numpySvd(lab, peer, a, rank);
      if (numpy) worst = Math.max(worst, Math.sqrt(error / numpy.error) - 1);
      rows.push([
        `${height} x ${width}, rank ${rank}`,
        seconds(ours),
        numpy ? seconds(numpy.seconds) : '-',
        numpy ? `${(Math.sqrt(error / numpy.error) - 1).toExponential(1)}` : '-',
      ]);
    }
  } finally {
    await products.close();
  }
  lab.table(['matrix', 'ours', 'numpy, full SVD', 'error beyond the best'], rows);
  if (peer) lab.aim('error beyond the best of that rank', worst, 1e-3, (value) => value.toExponential(1));
  lab.print();
}

/** Random, with columns of falling size, as weights of trained layers have them. */
function decaying(height: number, width: number): Matrix {
  const noise = new Random(height).normals(height * width);
  return matrix(
    height,
    width,
    Float64Array.from(noise, (value, index) => value / (1 + (index % width) / 32)),
  );
}

function numpySvd(
  lab: Lab,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
  a: Matrix,
  rank: number,
): { readonly seconds: number; readonly error: number } {
  const file = lab.file('matrix.f64');
  writeFileSync(file, Buffer.from(a.data.buffer, a.data.byteOffset, a.data.byteLength));
  const wide = [file, a.rows, a.columns, rank].map(String);
  const { status, stdout, stderr } = spawnSync(command, [...args, ...wide], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'ignore'],
  });
  if (status !== 0) throw new Error(`numpy failed: ${stderr}`);
  return JSON.parse(stdout) as { seconds: number; error: number };
}

/** With one scheme and the same ratio, factors by what the layers see beside those by the weights alone. */
async function whitenedAgainstPlain(lab: Lab): Promise<void> {
  const names: readonly TrainedName[] = [
    ...(['mnist_cnn_bn', 'cifar10_cnn', 'cifar_resnet', 'cifar_vit'] as const),
    ...(['squeezenet1.1_fp32', 'mobilenet_v2_fp32'] as const),
  ];
  const rows: string[][] = [];
  let least = Infinity;
  for (const name of names) {
    const trained = await openTrained(lab, name);
    if (!trained) continue;
    const { model, calibration, evaluation } = trained;
    const options = parseOptions(factorizing.options, { scheme: 'svd', ratio: 0.7, measure: false, merge: false });
    const files = [lab.file('whole.onnx'), lab.file('plain.onnx'), lab.file('seen.onnx')];
    const plain = await factorize(model, options, await contextFor(model));
    const seen = await factorize(model, options, await contextFor(model, calibration));
    [model, plain.model, seen.model].forEach((each, index) => writeFileSync(files[index]!, encodeModel(each)));
    const [, weights, data] = await scores(files, evaluation);
    least = Math.min(least, data!.sqnrDb - weights!.sqnrDb);
    rows.push([
      name,
      ratio(macsOf(model) / macsOf(plain.model)),
      ratio(macsOf(model) / macsOf(seen.model)),
      `${weights!.sqnrDb.toFixed(1)} dB`,
      `${data!.sqnrDb.toFixed(1)} dB`,
    ]);
  }
  if (rows.length === 0) return;
  lab.table(['svd at 0.7 of the MACs', 'MACs, weights', 'MACs, data', 'by weights', 'by data'], rows);
  lab.aim('least gain by data, dB, below zero', -least, 0, (value) => value.toFixed(1));
  lab.print();
}

/** Speed-up on one thread for each time fewer MACs. */
async function latencyForMacs(lab: Lab): Promise<void> {
  const models: readonly { readonly name: string; readonly model: Model }[] = [
    { name: 'ResNet-18', model: readModel(await lab.model('resnet18', () => resnet18())) },
    { name: 'ResNet-50', model: readModel(await lab.model('resnet50', () => resnet50())) },
  ];
  const runtime = await loadOrt();
  const rows: string[][] = [];
  let least = Infinity;
  for (const { name, model } of models) {
    const context = await contextFor(model);
    const pruned = parseOptions(pruning.options, { target: 'macs', sparsity: 0.5 });
    const spatial = parseOptions(factorizing.options, { scheme: 'spatial', ratio: 0.6 });
    const shrunk = [
      { how: 'prune-channels', model: (await pruneChannels(model, pruned, context)).model },
      { how: 'factorize, spatial', model: (await factorize(model, spatial, context)).model },
    ];
    const ports = inputPorts(model, context.dims);
    const feeds = randomFeeds(ports, { dims: context.dims, bounds: indexBounds(model) });
    const sessions = [];
    for (const each of [model, ...shrunk.map((each) => each.model)]) {
      sessions.push(await runtime.open(encodeModel(each), { threads: 1 }));
    }
    const times = await measureTogether(
      sessions.map((session) => ({ session, feeds })),
      { budgetMs: 15_000, maxRuns: 40 },
    );
    for (const session of sessions) await session.close();
    shrunk.forEach((each, index) => {
      const faster = times[0]!.medianMs / times[index + 1]!.medianMs;
      const fewer = macsOf(model) / macsOf(each.model);
      least = Math.min(least, faster / fewer);
      rows.push([`${name}, ${each.how}`, ratio(fewer), ratio(faster), (faster / fewer).toFixed(2)]);
    });
  }
  lab.table(['model', 'fewer MACs', 'faster', 'share'], rows);
  lab.aim('MACs ratio over speed-up', 1 / least, 1 / 0.8);
  lab.print();
}
