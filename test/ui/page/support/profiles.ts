// Profiles to show: a small vision transformer in nested scopes, and one that tries everything.
import { type InspectReport, type LayerReport } from '../../../../src/protocol/report';
import { hostile, layer } from './reports';

/** Six blocks of attention and two products, a patch convolution, a dynamic batch. */
export function transformerProfile(batch = 1, blocks = 6): InspectReport {
  const layers: LayerReport[] = [];
  const add = (scope: string, opType: string, weightBytes: number, macs: number): void => {
    const index = layers.length;
    const made = layer(index, `/${scope}/${opType}_${index}`, opType, weightBytes, macs * batch);
    const inputs = [layers.at(-1)?.outputs[0] ?? 'image'];
    const outputs = [opType === 'Gemm' && scope === 'head' ? 'logits' : `value_${index}`];
    layers.push({ ...made, scope, inputs, outputs, outputShapes: [['batch', 65, 192]] });
  };
  add('patch', 'Conv', 37_632, 589_824);
  for (let block = 0; block < blocks; block++) {
    add(`blocks/${block}/norm1`, 'LayerNormalization', 1536, 0);
    add(`blocks/${block}/attn/qkv`, 'MatMul', 442_368, 7_188_480);
    add(`blocks/${block}/attn`, 'Softmax', 0, 0);
    add(`blocks/${block}/attn/proj`, 'MatMul', 147_456, 2_396_160);
    add(`blocks/${block}/mlp/0`, 'Gemm', 589_824, 9_584_640);
    add(`blocks/${block}/mlp/2`, 'Gemm', 589_824, 9_584_640);
  }
  add('head', 'Gemm', 7680, 1920);
  const sum = (key: 'parameters' | 'weightBytes' | 'macs' | 'flops'): number =>
    layers.reduce((total, each) => total + Number(each[key]), 0);
  return {
    model: {
      path: '/models/vit.onnx',
      fileBytes: sum('weightBytes') + 12_000,
      parameters: sum('parameters'),
      weightBytes: sum('weightBytes'),
      macs: sum('macs'),
      flops: sum('flops'),
      macsExpression: `${sum('macs') / batch}*batch`,
      peakActivationBytes: 349_440 * batch,
      nodes: layers.length,
      layerCount: layers.length,
      weightTypes: { float32: sum('parameters') },
      irVersion: 10,
      opsets: { '': 20, 'com.microsoft': 1 },
      producer: 'pytorch 2.13.0',
      externalFiles: [],
    },
    symbols: [
      { name: 'batch', value: batch, bound: batch !== 1, source: 'input' },
      { name: 'found', value: 1, bound: false, source: 'data' },
    ],
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, 32, 32] }],
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 10] }],
    layers,
    warnings: [],
  };
}

/** Hostile names everywhere, unknown costs, open shapes, many warnings, a branch that is not taken. */
export function uglyProfile(): InspectReport {
  const report = transformerProfile(1, 1);
  const [first, second, ...others] = report.layers;
  if (!first || !second) throw new Error('The sample profile has layers');
  return {
    ...report,
    model: {
      ...report.model,
      path: `/models/${hostile}.onnx`,
      producer: hostile,
      weightTypes: { [hostile]: 1 },
      macs: null,
      flops: null,
      macsExpression: `7*N${'*floor((N + 1)/2)'.repeat(40)}`,
    },
    symbols: [{ name: hostile, value: 1, source: 'input' }],
    inputs: [
      { name: hostile, type: hostile, shape: [hostile, null, 3] },
      { name: 'anything', type: 'sequence', shape: null },
      ...Array.from({ length: 20 }, (_, i) => ({ name: `past_${i}`, type: 'float32', shape: [2, 'n', 8] })),
    ],
    layers: [
      { ...first, name: hostile, kind: hostile, scope: `${hostile}/x`, macs: null },
      { ...second, macs: '3*N', outputShapes: [null], counted: false },
      ...others,
    ],
    warnings: Array.from({ length: 9 }, () => ({ code: 'odd', node: hostile, message: hostile })),
  };
}
