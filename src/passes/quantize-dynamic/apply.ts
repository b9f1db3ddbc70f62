/** Dynamic 8-bit quantization: see README.md. */
import { owningGraph } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Inference, inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { constantNowNotes } from '../../pass/constantNow';
import { breathe, type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { ActivationStore } from './activations';
import { Benchmark, estimate, type Verdict } from './benchmark';
import { type declaration } from './declaration';
import { type Layer, layerOf } from './layers';
import { rewriteLayer } from './rewrite';
import { WeightStore } from './weights';
import { compareWhole } from './wholeModel';
import { type Rewritten, type Workshop } from './workshop';

type Options = ValuesOf<(typeof declaration)['options']>;

/** DynamicQuantizeLinear is of opset 11. */
const neededOpset = 11;

/**
 * Makes a model whose MatMul, Gemm, Attention and LSTM layers run in int8 where that pays. Throws `unsupported` when the model is
 * older than opset 11 and cannot be raised, `usage` when `dims` names no dimension of the model.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const dims = { ...context.dims, ...parseDims(options.dims) };
  if (!findLayers(model, options, []).length) return nothing(model, options);
  const copy = upgradeModel(model, neededOpset).model;
  raiseIrVersion(copy, 4);
  const skipped: SkippedLayer[] = [];
  const layers = findLayers(copy, options, skipped);
  const listed = new Set(copy.graph.inputs);
  const inference = inferModel(copy, { dims });
  const verdicts = await judge(copy, layers, inference, options, context);
  const shop: Workshop = { model: copy, weights: new WeightStore(), activations: new ActivationStore(), ...options };
  const changed: ChangedLayer[] = [];
  const rewritten: Layer[] = [];
  for (const [index, layer] of layers.entries()) {
    const { node } = layer;
    const [label, { opType }] = [node.label, node];
    const verdict = verdicts[index]!;
    await breathe(context.signal);
    const fraction = 0.8 + (0.2 * index) / layers.length;
    context.progress({ fraction, message: `Quantizing ${opType}, ${index + 1} of ${layers.length}`, node: label });
    const result = verdict.pays ? rewriteLayer(layer, shop) : verdict.reason;
    if (typeof result === 'string') skipped.push({ node: label, opType, reason: result });
    else {
      changed.push(account(layer, label, opType, result, verdict, options));
      rewritten.push(layer);
    }
  }
  const notes = notesOf(layers, rewritten, inference, options, context);
  if (changed.length === 0) return { model, changed, skipped, notes };
  const overridden = new Set(
    rewritten.flatMap(({ weights }) => weights.map(({ root }) => root)).filter((root) => listed.has(root)),
  );
  notes.push(...constantNowNotes(overridden.size));
  if (options.layers === 'all') return { model: copy, changed, skipped, notes };
  return checkWhole({ model: copy, changed, skipped, notes }, model, dims, context);
}

/** Layers that gain one by one may still lose together (layout changes, lost fusions): then nothing is changed. */
async function checkWhole(
  result: PassResult,
  original: Model,
  dims: Readonly<Record<string, number>>,
  context: PassContext,
): Promise<PassResult> {
  if (!context.runtime) return result;
  context.progress({ fraction: 0.95, message: 'Measuring the whole model' });
  const whole = await compareWhole(original, result.model, dims, context);
  const { changed, skipped, notes } = result;
  if (typeof whole === 'string') {
    return { ...result, notes: [...notes, `The model as a whole was not measured: ${whole}.`] };
  }
  const times = `${whole.before.medianMs.toPrecision(3)} → ${whole.after.medianMs.toPrecision(3)} ms`;
  if (whole.speedup >= 1 || !whole.significant) return result;
  const reason = `The model as a whole is slower with int8 layers: ${times}.`;
  const reverted = changed.map(({ node, opType }) => ({ node, opType, reason }));
  return { model: original, changed: [], skipped: [...reverted, ...skipped], notes: [...notes, reason] };
}

/** Layers that could be quantized, in the order of the graph; the others go to `skipped` with the reason. */
function findLayers(model: Model, options: Options, skipped: SkippedLayer[]): Layer[] {
  const layers: Layer[] = [];
  for (const node of model.graph.allNodes()) {
    const layer = layerOf(model, node, options);
    if (typeof layer === 'string') skipped.push({ node: node.label, opType: node.opType, reason: layer });
    else if (layer) layers.push(layer);
  }
  return layers;
}

function nothing(model: Model, options: Options): PassResult {
  const skipped: SkippedLayer[] = [];
  findLayers(model, options, skipped);
  const convolutional = !options.convolutions && skipped.some(({ opType }) => opType === 'Conv');
  const notes = convolutional
    ? ['The weights of this model are in convolutions, which dynamic quantization does not make faster.']
    : ['The model has no MatMul, Gemm, Attention or LSTM layer in float32 that could run in int8.'];
  return { model, changed: [], skipped, notes };
}

async function judge(
  model: Model,
  layers: readonly Layer[],
  inference: Inference,
  options: Options,
  context: PassContext,
): Promise<Verdict[]> {
  if (options.layers === 'all') return layers.map(() => paying);
  const { runtime, signal } = context;
  if (!runtime) return withEmbeddings(layers, layers.map(estimate));
  const benchmark = new Benchmark(runtime, model, { ...options, inference, signal });
  const verdicts: Verdict[] = [];
  for (const [index, layer] of layers.entries()) {
    await breathe(context.signal);
    const message = `Measuring ${layer.node.opType}, ${index + 1} of ${layers.length}`;
    context.progress({ fraction: (0.8 * index) / layers.length, message, node: layer.node.label });
    verdicts.push(layer.kind === 'Gather' ? paying : await benchmark.verdict(layer));
  }
  return withEmbeddings(layers, verdicts);
}

const paying: Verdict = { pays: true, reason: '' };

/** Embeddings cost next to no time in either form: they get small where the model becomes an int8 model anyway. */
function withEmbeddings(layers: readonly Layer[], verdicts: readonly Verdict[]): Verdict[] {
  const others = layers.some(({ kind }, index) => kind !== 'Gather' && verdicts[index]!.pays);
  const reason = 'No product gains from int8, and embeddings alone gain no time.';
  return layers.map(({ kind }, index) =>
    kind === 'Gather' ? (others ? paying : { pays: false, reason }) : verdicts[index]!,
  );
}

function account(
  layer: Layer,
  node: string,
  opType: string,
  { weights, first }: Rewritten,
  verdict: Verdict,
  options: Options,
): ChangedLayer {
  const scales = options.perChannel ? 'per channel' : 'per tensor';
  const shared = first ? '' : ', weights shared with a layer before';
  const sqnrs = weights.map(({ sqnrDb }) => sqnrDb).filter((sqnr) => sqnr !== null);
  return {
    node,
    opType,
    what: `float32 → int8 ${scales}${shared}`,
    bytesBefore: first ? layer.weights.reduce((sum, { tensor }) => sum + tensor.byteLength, 0) : 0,
    bytesAfter: first ? weights.reduce((sum, { bytes }) => sum + bytes, 0) : 0,
    weightSqnrDb: sqnrs.length > 0 ? Math.min(...sqnrs) : null,
    latencyBeforeMs: verdict.beforeMs,
    latencyAfterMs: verdict.afterMs,
  };
}

function notesOf(
  layers: readonly Layer[],
  rewritten: readonly Layer[],
  inference: Inference,
  options: Options,
  context: PassContext,
): string[] {
  const notes: string[] = [];
  if (options.layers === 'faster') {
    if (!context.runtime) notes.push('Which layers gain was estimated by size, not measured: there is no runtime.');
    const free = inference.symbols.filter(({ source, value }) => source === 'input' && value === undefined);
    if (context.runtime && free.length > 0) {
      const names = free.map(({ name }) => `${name}=1`).join(', ');
      notes.push(`Layers were measured with ${names}; option "dims" sets other values.`);
    }
    if (rewritten.length === 0 && layers.length > 0) {
      const none = layers.length === 1 ? 'The only layer' : `None of the ${layers.length} layers`;
      notes.push(`${none} that can run in int8 ${layers.length === 1 ? 'does not gain' : 'gains'} from it here.`);
    }
  }
  const kept = new Set<string>();
  for (const { weights, graph } of rewritten) {
    for (const { root } of weights) {
      const owner = owningGraph(root, graph);
      if (root.useCount > 0 || owner.outputs.includes(root)) kept.add(root.name);
    }
  }
  for (const name of kept) notes.push(`Weight "${name}" is kept in float32 as well: other nodes read it.`);
  return notes;
}

/** `name=value` pairs. */
function parseDims(pairs: readonly string[]): Record<string, number> {
  const entries = pairs.map((pair) => {
    const at = pair.lastIndexOf('=');
    const value = Number(pair.slice(at + 1));
    if (at > 0 && Number.isInteger(value) && value > 0) return [pair.slice(0, at), value] as const;
    const hint = 'Write dims as name=value, such as sequence=128.';
    throw new LapidaryError('usage', `"${pair}" is not a dimension with a value.`, { hint });
  });
  return Object.fromEntries(entries);
}
