/** What each correction gains where theory says so: equalization, absorption, bias correction, SmoothQuant, HQQ. */
import { openData } from '../../src/data/openData';
import { type DataSource } from '../../src/data/source';
import { type Model } from '../../src/graph/model';
import { parseOptions, type Options } from '../../src/pass/option';
import { type ApplyPass } from '../../src/pass/pass';
import { isQuantized } from '../../src/pass/quantized';
import { Reference } from '../../src/pass/reference';
import { declarations, type PassId } from '../../src/passes/declarations';
import { implementations } from '../../src/passes/implementations';
import { loadOrt } from '../../src/runtime/ort';
import { inputPorts } from '../../src/runtime/randomFeeds';
import { build } from '../../test/support/models';
import { unbalanced } from '../../test/support/unbalanced';
import { type Benchmark, type Lab } from '../support/lab';
import { openTrained, type TrainedModel, type TrainedName } from '../support/quality';

/** Samples that results are scored on. */
const evaluated = 256;

interface Step {
  readonly pass: PassId;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A way to quantize, with or without corrections. */
interface Variant {
  readonly name: string;
  readonly steps: readonly Step[];
}

interface Score {
  readonly sqnrDb: number;
  /** In %; only with labels. */
  readonly top1?: number;
  readonly seconds: number;
}

/** Nothing that would mend by itself what a correction is to mend. */
const staticSteps = (perChannel: boolean): Step => ({
  pass: 'quantize-static',
  options: { method: 'minmax', perChannel, layers: 'all', minSqnr: 0, rounding: 'nearest', otherWeights: 'keep' },
});

/** Corrections around static quantization. */
function aroundStatic(perChannel: boolean): Variant[] {
  const quantize = staticSteps(perChannel);
  const [equalize, absorb, bias]: Step[] = [
    { pass: 'equalize-layers' },
    { pass: 'absorb-bias' },
    { pass: 'correct-bias' },
  ];
  return [
    { name: 'none', steps: [quantize] },
    { name: 'correct-bias', steps: [quantize, bias!] },
    { name: 'equalize-layers', steps: [equalize!, quantize] },
    { name: 'equalize-layers, correct-bias', steps: [equalize!, quantize, bias!] },
    { name: 'equalize-layers, absorb-bias, correct-bias', steps: [equalize!, absorb!, quantize, bias!] },
  ];
}

/** Absorption around static quantization. */
const absorption: readonly Variant[] = [
  { name: 'none', steps: [staticSteps(false)] },
  { name: 'absorb-bias', steps: [{ pass: 'absorb-bias' }, staticSteps(false)] },
  { name: 'absorb-bias, correct-bias', steps: [{ pass: 'absorb-bias' }, staticSteps(false), { pass: 'correct-bias' }] },
];

const smoothing: readonly Variant[] = [
  { name: 'dynamic: none', steps: [{ pass: 'quantize-dynamic', options: { layers: 'all' } }] },
  {
    name: 'dynamic: smooth-quant',
    steps: [{ pass: 'smooth-quant' }, { pass: 'quantize-dynamic', options: { layers: 'all' } }],
  },
  { name: 'static: none', steps: [staticSteps(true)] },
  { name: 'static: smooth-quant', steps: [{ pass: 'smooth-quant' }, staticSteps(true)] },
  {
    name: 'static: smooth-quant, correct-bias',
    steps: [{ pass: 'smooth-quant' }, staticSteps(true), { pass: 'correct-bias' }],
  },
];

const fewBits: readonly Variant[] = [4, 2].flatMap((bits) =>
  (['rtn', 'hqq'] as const).map((method) => ({
    name: `${bits} bits, ${method}`,
    // Float arithmetic: only the weights differ.
    steps: [{ pass: 'quantize-weights', options: { bits, method, form: 'cast-mul' } }],
  })),
);

/** Corrections on one model, by its name. */
const sections: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  generated: async (lab) => {
    const lifted = await compare(lab, 'generated, half of the channels far above zero', await highBiases(), absorption);
    gains(lab, 'absorb-bias on high biases', lifted, 'none', 'absorb-bias', 3);
  },
  cifar_resnet: async (lab) => {
    const resnet = await open(lab, 'cifar_resnet');
    if (!resnet) return;
    await compare(lab, 'cifar_resnet, one scale per tensor', resnet, aroundStatic(false));
    const spoilt = { ...resnet, model: unbalanced(resnet.model, { most: 10, seed: 3 }) };
    const scores = await compare(lab, 'the same with channels scaled by 0.1 to 10', spoilt, aroundStatic(false));
    gains(lab, 'equalize-layers on unbalanced channels', scores, 'none', 'equalize-layers', 10);
    await compare(lab, 'the same, one scale per output channel', spoilt, aroundStatic(true).slice(0, 3));
    const few = await compare(lab, 'cifar_resnet, weights only', resnet, fewBits);
    gains(lab, 'HQQ on convolutions at 2 bits', few, '2 bits, rtn', '2 bits, hqq', 0.5);
  },
  mobilenet_v2: async (lab) => {
    const mobilenet = await open(lab, 'mobilenet_v2_fp32');
    if (!mobilenet) return;
    const spoilt = { ...mobilenet, model: unbalanced(mobilenet.model, { most: 10, seed: 3 }) };
    const title = 'mobilenet_v2 with channels scaled by 0.1 to 10, one scale per tensor';
    const scores = await compare(lab, title, spoilt, aroundStatic(false));
    gains(lab, 'equalize-layers on depthwise layers', scores, 'none', 'equalize-layers', 10);
    gains(lab, 'correct-bias on depthwise layers', scores, 'equalize-layers', 'equalize-layers, correct-bias', 0.5);
  },
  cifar_vit: async (lab) => {
    const vit = await open(lab, 'cifar_vit');
    if (!vit) return;
    await compare(lab, 'cifar_vit', vit, smoothing);
    const model = unbalanced(vit.model, { most: 30, share: 0.05, where: 'norms', seed: 3 });
    const scores = await compare(lab, 'the same with 5 % outlier channels, up to 30×', { ...vit, model }, smoothing);
    gains(lab, 'smooth-quant on outlier channels, dynamic', scores, 'dynamic: none', 'dynamic: smooth-quant', 6);
    gains(lab, 'smooth-quant on outlier channels, static', scores, 'static: none', 'static: smooth-quant', 6);
    const few = await compare(lab, 'cifar_vit, weights only', vit, fewBits);
    gains(lab, 'HQQ at 4 bits', few, '4 bits, rtn', '4 bits, hqq', 0.1);
    gains(lab, 'HQQ at 2 bits', few, '2 bits, rtn', '2 bits, hqq', 0.5);
  },
};

export const corrections: Benchmark = {
  name: 'corrections',
  summary:
    'SQNR and top-1 with and without each correction, on trained models and on spoilt ones that compute the same',
  async run(lab) {
    for (const [name, section] of Object.entries(sections)) {
      if (!name.includes(lab.options.only)) continue;
      const started = performance.now();
      await section(lab);
      lab.print(`(${((performance.now() - started) / 1000).toFixed(0)} s)`);
    }
  },
};

/** Convolutions of 1×1 whose even channels never come near zero before their Relu. */
async function highBiases(): Promise<TrainedModel> {
  const channels = 16;
  const builder = build({ inputs: { x: ['float', [1, channels, 12, 12]] } });
  const lift = Float32Array.from({ length: channels }, (_, channel) => (channel % 2 === 0 ? 12 : 0));
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const input = index === 0 ? 'x' : `r${index - 1}`;
    builder
      .initializer(`${name}.w`, 'float', [channels, channels, 1, 1])
      .initializer(`${name}.b`, 'float', [channels], lift);
    builder.node('Conv', [input, `${name}.w`, `${name}.b`], name).relu(name, `r${index}`);
  }
  const model = builder.conv('r2', 'y', { channels: 8, inputChannels: channels, kernel: 1 }).output('y').model();
  const samples = (seed: number): Promise<DataSource> =>
    openData({ source: 'random', samples: 32, seed }, inputPorts(model));
  return { name: 'generated', model, calibration: await samples(1), evaluation: await samples(2) };
}

async function open(lab: Lab, name: TrainedName): Promise<TrainedModel | undefined> {
  const trained = await openTrained(lab, name);
  return trained && { ...trained, evaluation: first(trained.evaluation, evaluated) };
}

const first = (source: DataSource, count: number): DataSource => ({
  ...source,
  size: Math.min(count, source.size),
  samples: (start = 0, most = count) => source.samples(start, Math.min(most, count - start)),
});

/** Prints a table of variants; their scores by name. */
async function compare(
  lab: Lab,
  title: string,
  trained: TrainedModel,
  variants: readonly Variant[],
): Promise<ReadonlyMap<string, Score>> {
  const { model, evaluation } = trained;
  const runtime = await loadOrt();
  const signal = new AbortController().signal;
  const reference = await Reference.of(model, { runtime, samples: evaluation, signal });
  const scores = new Map<string, Score>();
  let before: number | undefined;
  for (const { name, steps } of variants) {
    const start = performance.now();
    const after = await applied(model, steps, trained);
    const seconds = (performance.now() - start) / 1000;
    const { sqnrDb, accuracy } = await reference.measure(after);
    scores.set(name, { sqnrDb, seconds, ...(accuracy && { top1: 100 * accuracy.after }) });
    before = accuracy?.before;
  }
  lab.print();
  const { size } = evaluation;
  const best =
    before === undefined ? `${size} random samples` : `float top-1 ${(100 * before).toFixed(1)} % of ${size}`;
  lab.print(`${title}: ${best}`);
  const rows = [...scores].map(([name, score]) => [
    name,
    score.sqnrDb.toFixed(1),
    score.top1?.toFixed(1) ?? '-',
    score.seconds.toFixed(1),
  ]);
  lab.table(['corrections', 'SQNR dB', 'top-1 %', 's'], rows);
  return scores;
}

async function applied(model: Model, steps: readonly Step[], { calibration }: TrainedModel): Promise<Model> {
  const runtime = await loadOrt();
  let current = model;
  let unquantized = model;
  for (const { pass, options = {} } of steps) {
    const { options: declared }: { readonly options: Options } = declarations[pass];
    const { apply } = (await implementations[pass]()) as { apply: ApplyPass };
    const context = {
      ...{ runtime, data: calibration, original: model, unquantized },
      ...{ signal: new AbortController().signal, progress: () => undefined, log: () => undefined },
    };
    current = (await apply(current, parseOptions(declared, options), context)).model;
    if (!isQuantized(current)) unquantized = current;
  }
  return current;
}

/** Prints whether `after` is better than `before` by at least so many dB. */
function gains(
  lab: Lab,
  what: string,
  scores: ReadonlyMap<string, Score>,
  before: string,
  after: string,
  least: number,
): void {
  const change = scores.get(before)!.sqnrDb - scores.get(after)!.sqnrDb;
  lab.aim(`${what}: error`, change, -least, (value) => `${value.toFixed(1)} dB`);
}
