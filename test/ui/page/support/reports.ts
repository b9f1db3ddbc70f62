// Reports to show: one like a real one, a huge one, an ugly one. Numbers of layers are counted, not made up; what would
// be measured on a machine is plausible.
import {
  type ChangedLayer,
  type CompareReport,
  type CompressReport,
  type LayerPair,
  type LayerReport,
  type SkippedLayer,
  type Totals,
} from '../../../../src/protocol/report';

/** A layer with weights of so many bytes. */
export function layer(index: number, name: string, kind: string, weightBytes: number, macs: number): LayerReport {
  return {
    index,
    name,
    opType: kind.split(' ')[0] ?? kind,
    domain: '',
    scope: name.split('/').slice(0, -1).join('/'),
    inputs: [],
    outputs: [],
    outputShapes: [[1, 64, 112, 112]],
    outputTypes: ['float32'],
    parameters: weightBytes / 4,
    weightBytes,
    macs,
    flops: macs * 2,
    activationBytes: 64 * 112 * 112 * 4,
    kind,
    weights: weightBytes > 0 ? [{ name: `${name}.weight`, type: 'float32', shape: [weightBytes / 4] }] : [],
  };
}

/** The convolutions of SqueezeNet 1.1 (Iandola et al. 2016, release 1.1): name, inputs, outputs, kernel, output side. */
const squeezenet: readonly (readonly [name: string, from: number, to: number, kernel: number, side: number])[] = [
  ['conv1', 3, 64, 3, 111],
  ...(
    [
      [2, 64, 16, 64, 55],
      [3, 128, 16, 64, 55],
      [4, 128, 32, 128, 27],
      [5, 256, 32, 128, 27],
      [6, 256, 48, 192, 13],
      [7, 384, 48, 192, 13],
      [8, 384, 64, 256, 13],
      [9, 512, 64, 256, 13],
    ] as const
  ).flatMap(([fire, from, squeeze, expand, side]) => [
    [`fire${fire}/squeeze1x1`, from, squeeze, 1, side] as const,
    [`fire${fire}/expand1x1`, squeeze, expand, 1, side] as const,
    [`fire${fire}/expand3x3`, squeeze, expand, 3, side] as const,
  ]),
  ['conv10', 512, 1000, 1, 13],
];

/** Weight-only quantization of SqueezeNet 1.1 on labelled images. */
export function squeezenetReport(): CompressReport {
  const pairs: LayerPair[] = [];
  const changed: ChangedLayer[] = [];
  const skipped: SkippedLayer[] = [];
  squeezenet.forEach(([name, from, to, kernel, side], index) => {
    const weights = from * to * kernel * kernel;
    const macs = weights * side * side;
    const kind = `Conv ${kernel}×${kernel}${name === 'conv1' ? ' /2' : ''}`;
    const before = layer(pairs.length, name, kind, 4 * (weights + to), macs);
    const isSmall = weights < 2000;
    pairs.push({ name, before, after: isSmall ? before : { ...before, weightBytes: 4 * to } });
    const what = 'float32 → int8 per channel';
    const bytes = { bytesBefore: 4 * (weights + to), bytesAfter: weights + 8 * to };
    if (isSmall) skipped.push({ node: name, opType: 'Conv', reason: `${weights} elements, fewer than 2000` });
    else changed.push({ node: name, opType: 'Conv', what, ...bytes, weightSqnrDb: 37 + ((index * 7) % 11) });
    const relu = layer(pairs.length, `relu_${name}`, 'Relu', 0, 0);
    pairs.push({ name: relu.name, before: relu, after: relu });
  });
  for (const name of ['pool1', 'pool3', 'pool5', 'pool10']) {
    const pool = layer(pairs.length, name, 'MaxPool 3×3 /2', 0, 0);
    pairs.push({ name, before: pool, after: pool });
  }
  const before = totals(4_950_123, 1_235_496, 4_941_984, 66);
  const after = totals(1_341_876, 1_235_496, 1_262_760, 92);
  return {
    input: '/models/squeezenet1.1_fp32.onnx',
    output: '/models/squeezenet1.1_fp32.w8.onnx',
    passes: [
      {
        id: 'quantize-weights',
        title: 'Weight-only Quantization',
        summary: `8-bit weights, one scale per channel: ${changed.length} of ${squeezenet.length} layers`,
        changed,
        skipped,
        notes: [],
        seconds: 0.31,
      },
    ],
    before,
    after,
    evaluation: {
      ...evaluation(before, after, pairs),
      a: '/models/squeezenet1.1_fp32.onnx',
      b: '/models/squeezenet1.1_fp32.w8.onnx',
    },
    steps: [{ pass: 'quantize-weights', options: { bits: 8 } }],
    seconds: 12.4,
  };
}

/** Totals with MACs of SqueezeNet. */
export function totals(fileBytes: number, parameters: number, weightBytes: number, nodes: number): Totals {
  return {
    fileBytes,
    parameters,
    weightBytes,
    macs: 349_151_936,
    flops: 703_000_000,
    peakActivationBytes: 6_308_864,
    nodes,
  };
}

/** A comparison on labelled images. */
export function evaluation(before: Totals, after: Totals, layers: readonly LayerPair[]): CompareReport {
  return {
    a: '/models/a.onnx',
    b: '/models/b.onnx',
    quality: {
      samples: 436,
      data: '436 labelled images from imagenet-samples-even',
      random: false,
      outputs: [{ name: 'class_logits', cosine: 0.99981, sqnrDb: 34.13, maxAbsError: 0.4172, top1Agreement: 0.9817 }],
      metric: { name: 'top-1', before: 0.5849, after: 0.5917 },
    },
    latency: {
      before: { medianMs: 9.104, iqrMs: 0.21, runs: 50 },
      after: { medianMs: 8.987, iqrMs: 0.34, runs: 50 },
      speedup: 9.104 / 8.987,
      significant: false,
      threads: 1,
    },
    size: { before: before.fileBytes, after: after.fileBytes, ratio: before.fileBytes / after.fileBytes },
    cost: { before, after },
    layers,
    warnings: [],
  };
}

/** Many layers in nested scopes; every fourth is left alone for one of several reasons. */
export function hugeReport(count: number): CompressReport {
  const reasons = ['excluded by name', 'slower in int8 on this machine', 'weights are shared with "lm_head"'];
  const pairs: LayerPair[] = [];
  const changed: ChangedLayer[] = [];
  const skipped: SkippedLayer[] = [];
  for (let index = 0; index < count; index++) {
    const name = `/model/decoder/layers.${Math.floor(index / 20)}/self_attn/block_${index % 20}/MatMul_${index}`;
    const bytes = 4 * 1024 * (1 + ((index * 7919) % 997));
    const before = layer(index, name, index % 3 === 0 ? 'MatMul' : 'Gemm', bytes, bytes * 128);
    pairs.push({ name, before, after: before });
    if (index % 4 === 3) skipped.push({ node: name, opType: 'MatMul', reason: reasons[index % 3] ?? '' });
    else {
      const what = 'float32 → int8 per channel';
      const after = { bytesAfter: bytes / 4, weightSqnrDb: 30 + (index % 17) };
      const times = { latencyBeforeMs: bytes / 1e6, latencyAfterMs: bytes / (index % 5 === 0 ? 9e5 : 2.4e6) };
      changed.push({ node: name, opType: 'MatMul', what, bytesBefore: bytes, ...after, ...times });
    }
  }
  const before = totals(41_230_000_000, 10_300_000_000, 41_220_000_000, count);
  const after = totals(12_800_000_000, 10_300_000_000, 12_700_000_000, count + 9000);
  const compared = evaluation(before, after, pairs);
  const { metric: _, ...quality } = compared.quality;
  return {
    ...squeezenetReport(),
    input: '/models/decoder.onnx',
    output: '/models/decoder.int8.onnx',
    passes: [
      {
        id: 'quantize-dynamic',
        title: 'Dynamic 8-bit Quantization',
        summary: `${changed.length} of ${count} layers run in int8, only where it is faster here`,
        changed,
        skipped,
        notes: ['Activations are quantized as they come, which costs a little time in each layer.'],
        seconds: 93,
      },
    ],
    before,
    after,
    evaluation: {
      ...compared,
      quality: { ...quality, random: true, samples: 8, data: '8 random samples' },
      latency: {
        before: { medianMs: 1834, iqrMs: 31, runs: 20 },
        after: { medianMs: 2210, iqrMs: 44, runs: 20 },
        speedup: 1834 / 2210,
        significant: true,
        threads: 4,
      },
    },
  };
}

/** A name that tries everything. */
export const hostile = '</script><img src=x onerror="window.hacked=1"><b>bold</b>&amp;';

/** Hostile, endless and empty names; nothing evaluated; two passes; unknown and symbolic costs. */
export function uglyReport(): CompressReport {
  const long = `/very${'/long'.repeat(60)}/name`;
  const names = [hostile, long, 'line\nbreak\u202etxt.exe', '', '=HYPERLINK("http://x")', '日本語/слой/😀', hostile];
  const changed = names
    .slice(0, 3)
    .map((node): ChangedLayer => ({ node, opType: 'Conv', what: `${hostile} → int8`, bytesBefore: 8, bytesAfter: 64 }));
  const skipped = names.slice(3).map((node): SkippedLayer => ({ node, opType: hostile, reason: hostile }));
  const many = Array.from({ length: 12 }, (_, i): SkippedLayer => {
    return { node: `n${i}`, opType: 'Gemm', reason: `reason ${'abcdefghijkl'[i]} for staying in float32` };
  });
  const pass = { title: `Pass ${hostile}`, summary: hostile, notes: [hostile], seconds: 75 };
  return {
    input: `/models/${hostile}.onnx`,
    output: `/models/${long.replaceAll('/', '_')}${hostile}.onnx`,
    passes: [
      { ...pass, id: 'one', changed, skipped },
      { ...pass, id: 'two', title: 'Second', changed: [], skipped: many },
    ],
    before: { ...totals(123, 0, 0, 7), macs: 'batch*3*(height/2)*(width/2)', peakActivationBytes: null },
    after: { ...totals(456, 0, 0, 7), macs: null, peakActivationBytes: null },
    evaluationSkipped: `ONNX Runtime cannot run ${hostile}`,
    steps: [],
    seconds: 75,
  };
}

/** Nothing was worth changing. */
export function unchangedReport(): CompressReport {
  const report = squeezenetReport();
  const { evaluation: _, ...rest } = report;
  const skipped = squeezenet.map(([node]) => ({ node, opType: 'Conv', reason: 'int8 convolutions are slower here' }));
  return {
    ...rest,
    output: report.input,
    after: report.before,
    passes: report.passes.map((pass) => ({ ...pass, summary: '0 of 26 layers', changed: [], skipped })),
    evaluationSkipped: 'nothing was changed',
  };
}

/** Two models side by side. */
export function compareReport(): CompareReport {
  const { evaluation: compared } = squeezenetReport();
  if (!compared) throw new Error('The sample report has an evaluation');
  const layers = compared.layers.map((pair, index): LayerPair => {
    if (index === 4 && pair.before) return { name: pair.name, before: pair.before };
    if (!pair.before || pair.before.weightBytes === 0) return pair;
    const weights = pair.before.weights.map((weight) => ({ ...weight, type: 'float16' }));
    return { ...pair, after: { ...pair.before, weightBytes: pair.before.weightBytes / 2, weights } };
  });
  return {
    ...compared,
    a: '/models/squeezenet1.1_fp32.onnx',
    b: '/models/squeezenet1.1_fp16.onnx',
    layers: [...layers, { name: 'output_cast', after: layer(99, 'output_cast', 'Cast', 0, 0) }],
    warnings: [{ code: 'unmatched', node: 'fire2/expand1x1', message: 'A layer of the first has no partner.' }],
  };
}
