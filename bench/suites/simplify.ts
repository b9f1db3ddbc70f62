/** Node counts after `simplify` beside those of onnxsim, and what it does to speed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeModel, readModel } from '../../src/graph/fromOnnx';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { parseOptions } from '../../src/pass/option';
import { apply } from '../../src/passes/simplify/apply';
import { declaration } from '../../src/passes/simplify/declaration';
import { loadOrt } from '../../src/runtime/ort';
import { optimizedOperators } from '../../test/support/runPass';
import { resnet18 } from '../models/convnets';
import { type Benchmark, type Lab } from '../support/lab';

type Peer = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Constants are no operations, however a tool stores them. */
const nodeCount = (model: Model): number => [...model.graph.allNodes()].filter((node) => !node.is('Constant')).length;

export const simplify: Benchmark = {
  name: 'simplify',
  summary: 'nodes after simplify, against onnxsim (npm, WASM) where LAPIDARY_PEERS names a folder that has it',
  async run(lab) {
    const peer = await findPeer(lab);
    const rows: string[][] = [];
    const aims: (() => void)[] = [];
    for (const [name, bytes] of await models(lab)) {
      const model = decodeModel(bytes);
      const start = performance.now();
      const result = await simplified(model);
      const seconds = (performance.now() - start) / 1000;
      const ours = nodeCount(result);
      const after = encodeModel(result).length;
      const theirs = peer && (await peerCount(peer, bytes));
      const kernels = [await kernelCount(model), await kernelCount(result), await kernelCount(theirs?.model)];
      rows.push([
        name,
        String(nodeCount(model)),
        String(ours),
        theirs ? String(theirs.nodes ?? 'failed') : '-',
        (bytes.length / 1e6).toFixed(2),
        (after / 1e6).toFixed(2),
        theirs?.bytes === undefined ? '-' : (theirs.bytes / 1e6).toFixed(2),
        ...kernels.map((count) => String(count ?? '-')),
        seconds.toFixed(2),
      ]);
      // We fold no constant that makes the file larger, and keep what the runtime fuses by: only a peer that did so too compares.
      const { nodes, bytes: size = Infinity } = theirs ?? {};
      const unfused = (kernels[2] ?? 0) > (kernels[0] ?? Infinity);
      if (unfused) lab.print(`${name}: not compared with onnxsim, whose result the runtime needs more kernels for.`);
      else if (nodes !== undefined && size <= bytes.length) {
        aims.push(() => lab.aim(`${name}, nodes`, ours, nodes, String));
      }
      if (kernels[0] !== undefined && kernels[1] !== undefined) {
        aims.push(() => lab.aim(`${name}, kernels`, kernels[1]!, kernels[0]!, String));
      }
      aims.push(() => lab.aim(`${name}, bytes`, after, bytes.length + 4096, String));
    }
    lab.table(['model', 'nodes', 'ours', 'onnxsim', 'MB', 'ours', 'onnxsim', 'kernels', 'ours', 'onnxsim', 's'], rows);
    aims.forEach((check) => check());
  },
};

/** Nodes that the runtime is left with once it has fused what it can; undefined for what it does not load. */
async function kernelCount(model: Model | undefined): Promise<number | undefined> {
  if (!model) return undefined;
  try {
    return Object.values(await optimizedOperators(model)).reduce((sum, count) => sum + count, 0);
  } catch {
    return undefined;
  }
}

async function simplified(model: Model): Promise<Model> {
  const context = {
    runtime: await loadOrt(),
    signal: new AbortController().signal,
    progress: () => undefined,
    log: () => undefined,
  };
  return (await apply(model, parseOptions(declaration.options, {}), context)).model;
}

/** A network of our own, and every model of `../shared/models` where that is. */
async function models(lab: Lab): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map([['resnet18 (generated)', readFileSync(await lab.model('resnet18', () => resnet18({})))]]);
  const shared = path.resolve(__dirname, '../../../shared/models');
  if (!existsSync(shared)) {
    lab.print('Skipped: ../shared/models is not here.');
    return found;
  }
  for (const name of readdirSync(shared).filter((file) => file.endsWith('.onnx'))) {
    found.set(name.slice(0, -'.onnx'.length), Buffer.from(encodeModel(readModel(path.join(shared, name)))));
  }
  return found;
}

async function findPeer(lab: Lab): Promise<Peer | undefined> {
  const folder = process.env.LAPIDARY_PEERS;
  if (!folder) {
    lab.print('No peer: LAPIDARY_PEERS names no folder with node_modules/onnxsim.');
    return undefined;
  }
  const paths = createRequire(path.join(path.resolve(folder), 'package.json')).resolve.paths('onnxsim') ?? [];
  const entry = paths.map((place) => path.join(place, 'onnxsim/index.mjs')).find((file) => existsSync(file));
  if (!entry) throw new Error(`There is no onnxsim in ${folder}: npm install it there.`);
  const module = (await import(pathToFileURL(entry).href)) as {
    simplify(model: Uint8Array): Promise<{ model: Uint8Array }>;
  };
  return async (bytes) => (await module.simplify(bytes)).model;
}

/** What the peer makes of a model; nothing when it failed. */
interface PeerResult {
  readonly model?: Model;
  readonly nodes?: number;
  readonly bytes?: number;
}

async function peerCount(peer: Peer, bytes: Uint8Array): Promise<PeerResult> {
  try {
    const result = await peer(bytes);
    const model = decodeModel(result);
    return { model, nodes: nodeCount(model), bytes: result.length };
  } catch {
    return {};
  }
}
