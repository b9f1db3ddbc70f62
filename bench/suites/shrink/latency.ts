/** What fewer multiply-accumulates bring in time, on one thread. */
import { type Model } from '../../../src/graph/model';
import { readModel } from '../../../src/graph/fromOnnx';
import { encodeModel } from '../../../src/graph/toOnnx';
import { parseOptions } from '../../../src/pass/option';
import { apply as factorize } from '../../../src/passes/factorize/apply';
import { declaration as factorizing } from '../../../src/passes/factorize/declaration';
import { apply as pruneChannels } from '../../../src/passes/prune-channels/apply';
import { declaration as pruning } from '../../../src/passes/prune-channels/declaration';
import { compareLatency } from '../../../src/runtime/measure';
import { loadOrt } from '../../../src/runtime/ort';
import { indexBounds, inputPorts, randomFeeds } from '../../../src/runtime/randomFeeds';
import { mobilenetV2, resnet50 } from '../../models/convnets';
import { type Lab, ratio } from '../../support/lab';
import { readTrained } from '../../support/quality';
import { contextFor, macsOf } from '../../support/shrinking';

/** Least speed-up for each time fewer multiply-accumulates (issue 5). */
const leastShare = 0.8;

/** Speed-up of pruned and of factorized models; where it lags behind, the aim is missed. */
export async function latencyForMacs(lab: Lab): Promise<void> {
  const models: Readonly<Record<string, Model | undefined>> = {
    'ResNet-50': readModel(await lab.model('resnet50', () => resnet50())),
    MobileNetV2: readModel(await lab.model('mobilenet-v2', () => mobilenetV2())),
    'squeezenet1.1': readTrained(lab, 'squeezenet1.1_fp32'),
    cifar_resnet: readTrained(lab, 'cifar_resnet'),
  };
  const rows: string[][] = [];
  const shares: { readonly what: string; readonly share: number }[] = [];
  for (const [name, model] of Object.entries(models)) {
    if (!model) continue;
    for (const [how, small] of Object.entries(await shrunk(model))) {
      const { before, after } = await timesOf(model, small);
      const [fewer, faster] = [macsOf(model) / macsOf(small), before / after];
      const share = faster / fewer;
      shares.push({ what: `${name}, ${how}`, share });
      rows.push([`${name}, ${how}`, ratio(fewer), ratio(faster), share.toFixed(2), `${before.toFixed(2)} ms`]);
    }
  }
  lab.table(['model', 'fewer MACs', 'faster', 'share', 'before'], rows);
  for (const { what, share } of shares)
    lab.verdict(share >= leastShare, `${what}: ${share.toFixed(2)} of the MACs ratio`);
  lab.print();
}

async function shrunk(model: Model): Promise<Record<string, Model>> {
  const context = await contextFor(model);
  const pruned = parseOptions(pruning.options, { target: 'macs', sparsity: 0.5 });
  const spatial = parseOptions(factorizing.options, { scheme: 'spatial', ratio: 0.6 });
  return {
    'prune-channels': (await pruneChannels(model, pruned, context)).model,
    'factorize, spatial': (await factorize(model, spatial, context)).model,
  };
}

/** Medians in turns, ms. */
async function timesOf(model: Model, small: Model): Promise<{ readonly before: number; readonly after: number }> {
  const { dims } = await contextFor(model);
  const feeds = randomFeeds(inputPorts(model, dims), { dims, bounds: indexBounds(model) });
  const runtime = await loadOrt();
  const first = await runtime.open(encodeModel(model), { threads: 1 });
  try {
    const second = await runtime.open(encodeModel(small), { threads: 1 });
    try {
      const measuring = { budgetMs: 6000, maxRuns: 400 };
      const { before, after } = await compareLatency({ session: first, feeds }, { session: second, feeds }, measuring);
      return { before: before.medianMs, after: after.medianMs };
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}
