/**
 * One line per rule: operator, inputs, attributes, and the types that the specification (checked against ONNX Runtime
 * where it has the operator) gives. Inputs are `type dims`, such as `float N 3 8`, or constants `= 1 2` (int64).
 */
import assert from 'node:assert/strict';
import { type AttributeLike, build, float, floats } from '../../../test/support/models';
import { isDataType } from '../../graph/dataType';
import { formatShape } from '../../graph/shape';
import { inferModel } from '../infer';
import { knownOperators } from '../registry';

type Line = readonly [
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeLike>>,
  outputs: readonly string[],
  opset?: number,
];

function check([opType, inputs, attributes, expected, opset]: Line): void {
  const [domain, name] = opType.includes('.') ? splitLast(opType) : ['', opType];
  const builder = build({ opset: opset ?? 21, opsets: { 'com.microsoft': 1, 'ai.onnx.ml': 5 } });
  const names = inputs.map((text, index) => {
    const value = `i${index}`;
    if (text === '') return '';
    const [head = '', ...words] = text.split(' ');
    if (head === '=') builder.initializer(value, 'int64', [words.length], words.map(Number));
    else if (head === '=1') builder.initializer(value, 'int64', [], words.map(Number));
    else if (head === '=f') builder.initializer(value, 'float', [words.length], words.map(Number));
    else if (isDataType(head)) builder.input(value, head, words[0] === '*' ? undefined : words.map(dimOf));
    return value;
  });
  const outputs = expected.map((text, index) => (text === '' ? '' : `o${index}`));
  const model = builder.node(name, names, outputs, attributes, { domain }).model();
  const inference = inferModel(model);
  const found = outputs.map((value) => {
    if (value === '') return '';
    const type = inference.typeOf(builder.value(value));
    return type?.kind === 'tensor' ? `${type.dataType} ${formatShape(type.shape)}` : (type?.kind ?? '?');
  });
  assert.deepEqual(inference.warnings, []);
  assert.deepEqual(found, expected);
}

const dimOf = (word: string): string | number | null =>
  word === '?' ? null : /^\d+$/.test(word) ? Number(word) : word;

function splitLast(text: string): [string, string] {
  const at = text.lastIndexOf('.');
  return [text.slice(0, at), text.slice(at + 1)];
}

const suites: Readonly<Record<string, readonly Line[]>> = {
  elementwise: [
    ['Add', ['float N 1 4', 'float 3 1'], {}, ['float Nx3x4']],
    ['Add', ['float N', 'float M'], {}, ['float max(M, N)']],
    ['Add', ['float 2 3 4', 'float 3'], { broadcast: 1, axis: 1 }, ['float 2x3x4'], 6],
    ['Less', ['int64 2 3', 'int64 3'], {}, ['bool 2x3']],
    ['Where', ['bool 3', 'float16 2 1', 'float16 1'], {}, ['float16 2x3']],
    ['Max', ['float 2 1', 'float 3', 'float 1'], {}, ['float 2x3']],
    ['Cast', ['float N'], { to: 10 }, ['float16 N']],
    ['BitCast', ['float 3'], { to: 6 }, ['int32 3'], 26],
    ['PRelu', ['float N 8', 'float 8'], {}, ['float Nx8']],
  ],
  windows: [
    ['Conv', ['float N 3 H 9', 'float 8 3 3 3'], { strides: [2, 2] }, ['float Nx8xfloor((H + 1)/2) - 1x4']],
    ['Conv', ['float 1 3 9 9', 'float 8 3 3 3'], { auto_pad: 'SAME_UPPER', strides: [2, 2] }, ['float 1x8x5x5']],
    ['Conv', ['float 1 4 10', 'float 8 2 3'], { group: 2, dilations: [2], pads: [1, 2] }, ['float 1x8x9']],
    [
      'ConvTranspose',
      ['float 1 4 5 5', 'float 4 3 3 3'],
      { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1], group: 2 },
      ['float 1x6x10x10'],
    ],
    ['ConvTranspose', ['float 1 4 5 5', 'float 4 3 3 3'], { output_shape: [10, 11] }, ['float 1x3x10x11']],
    [
      'ConvTranspose',
      ['float 1 4 5 5', 'float 4 3 3 1'],
      { auto_pad: 'SAME_UPPER', strides: [2, 3] },
      ['float 1x3x10x13'],
    ],
    ['MaxPool', ['float 1 3 8 8'], { kernel_shape: [3, 3], strides: [2, 2] }, ['float 1x3x3x3', 'int64 1x3x3x3']],
    ['AveragePool', ['float 1 3 8 8'], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, ['float 1x3x4x4']],
    // The last window would start in the padding behind the input: it does not count.
    ['MaxPool', ['float 1 1 3'], { kernel_shape: [2], strides: [3], pads: [1, 1], ceil_mode: 1 }, ['float 1x1x2']],
    ['GlobalAveragePool', ['float N 7 H W'], {}, ['float Nx7x1x1']],
  ],
  products: [
    ['MatMul', ['float N 4 3', 'float 3 5'], {}, ['float Nx4x5']],
    ['MatMul', ['float 3', 'float 3 5'], {}, ['float 5']],
    ['MatMul', ['float 2 3', 'float 3'], {}, ['float 2']],
    ['Gemm', ['float N 4', 'float 6 4', 'float 6'], { transB: 1 }, ['float Nx6']],
    ['Einsum', ['float b h i d', 'float b h j d'], { equation: 'bhid,bhjd->bhij' }, ['float bxhxixj']],
    ['Einsum', ['float 2 3 4', 'float 2 4 5'], { equation: '...ij,...jk' }, ['float 2x3x5']],
    [
      'QLinearMatMul',
      ['uint8 2 3', 'float', 'uint8', 'int8 3 4', 'float', 'int8', 'float', 'uint8'],
      {},
      ['uint8 2x4'],
    ],
  ],
  reshaping: [
    ['Reshape', ['float N 4 6', '= 0 -1'], {}, ['float Nx24']],
    ['Reshape', ['float N 4 6', '= -1 8'], {}, ['float 3*Nx8']],
    ['Reshape', ['float 0 4', '= 0 4'], { allowzero: 1 }, ['float 0x4']],
    ['Reshape', ['float 2 6'], { shape: [3, 4] }, ['float 3x4'], 1],
    ['Flatten', ['float 2 3 4'], { axis: -1 }, ['float 6x4']],
    ['Squeeze', ['float 1 3 1', '= -1'], {}, ['float 1x3']],
    ['Squeeze', ['float 1 3 1'], {}, ['float 3']],
    ['Squeeze', ['float 1 3 1'], { axes: [0] }, ['float 3x1'], 11],
    ['Unsqueeze', ['float 3', '= 0 -1'], {}, ['float 1x3x1']],
    ['Transpose', ['float a b c'], {}, ['float cxbxa']],
    ['Expand', ['float 3 1', '= 2 1 6'], {}, ['float 2x3x6']],
    ['Tile', ['float N 2', '= 3 2'], {}, ['float 3*Nx4']],
    ['Shape', ['float a b c'], { start: 1 }, ['int64 2']],
    ['DepthToSpace', ['float 1 8 2 3'], { blocksize: 2 }, ['float 1x2x4x6']],
  ],
  slicing: [
    ['Slice', ['float 20 10 5', '= 0 0', '= 3 10', '= 0 1'], {}, ['float 3x10x5']],
    ['Slice', ['float N 10', '= 0', '= 4611686018427387904', '= 0'], {}, ['float Nx10']],
    ['Slice', ['float N 10', '= 1', '= 1000000000000', '= 0', '= 2'], {}, ['float floor(N/2)x10']],
    ['Slice', ['float N', '= -1', '= -4611686018427387904', '= 0', '= -1'], {}, ['float N']],
    ['Slice', ['float 10 4'], { starts: [2], ends: [-1], axes: [0] }, ['float 7x4'], 9],
    ['Gather', ['float 9 D', 'int64 b L'], {}, ['float bxLxD']],
    ['GatherND', ['float 2 3 4', 'int64 5 2'], {}, ['float 5x4']],
    ['Concat', ['float N 2', 'float M 2'], { axis: 0 }, ['float M + Nx2']],
    ['Split', ['float 7 2'], { num_outputs: 3 }, ['float 3x2', 'float 3x2', 'float 1x2']],
    ['Split', ['float 6 2'], { axis: 0 }, ['float 3x2', 'float 3x2'], 11],
    ['Pad', ['float N 3', '= 1 0 2 0'], {}, ['float N + 3x3']],
    ['Pad', ['float N 3'], { pads: [0, 1, 0, 1] }, ['float Nx5'], 2],
  ],
  generators: [
    ['Range', ['=1 3', '=1 10', '=1 4'], {}, ['int64 2']],
    ['ConstantOfShape', ['= 2 3'], {}, ['float 2x3']],
    ['OneHot', ['int64 N', '=1 5', 'float 2'], { axis: 0 }, ['float 5xN']],
    ['EyeLike', ['float 3 4'], { dtype: 7 }, ['int64 3x4']],
    ['NonZero', ['float 2 3'], {}, ['int64 2xo0_count']],
    ['Unique', ['int64 6'], {}, ['int64 o0_count', 'int64 o0_count', 'int64 6', 'int64 o0_count']],
  ],
  spatial: [
    ['Resize', ['float N 3 H W', '', '=f 1 1 2 1.5'], {}, ['float Nx3x2*Hxfloor(3*W/2)']],
    ['Resize', ['float 1 3 10 H', '', '=f 1 1 0.9 0.7'], {}, ['float 1x3x9xfloor(7*H/10)']],
    [
      'Resize',
      ['float 1 3 10 10', '=f 0 0 0 0 1 1 0.5 1', '=f 1 1 1.1 0.5'],
      { coordinate_transformation_mode: 'tf_crop_and_resize' },
      ['float 1x3x11x5'],
    ],
    ['Resize', ['float 1 3 8 8', '', '', '= 1 3 16 20'], {}, ['float 1x3x16x20']],
    ['Resize', ['float 1 3 8 8', '=f 1 1 2 2'], {}, ['float 1x3x16x16'], 10],
    ['Upsample', ['float 1 3 8 8'], { scales: floats([1, 1, 2, 2]), mode: 'nearest' }, ['float 1x3x16x16'], 7],
    ['GridSample', ['float N 3 8 8', 'float N 4 5 2'], {}, ['float Nx3x4x5']],
    ['RoiAlign', ['float 1 3 8 8', 'float R 4', 'int64 R'], { output_height: 7, output_width: 7 }, ['float Rx3x7x7']],
    ['NonMaxSuppression', ['float 1 9 4', 'float 1 2 9', '=1 5'], {}, ['int64 o0_countx3']],
  ],
  reductions: [
    ['ReduceMean', ['float N 3 4', '= 1'], {}, ['float Nx1x4'], 18],
    ['ReduceMean', ['float N 3 4'], { axes: [1], keepdims: 0 }, ['float Nx4'], 17],
    ['ReduceSum', ['float N 3'], { noop_with_empty_axes: 1 }, ['float Nx3']],
    ['ArgMax', ['float N 3'], { axis: 1, keepdims: 0 }, ['int64 N']],
    ['TopK', ['float N 9', '= 5'], {}, ['float Nx5', 'int64 Nx5']],
    ['TopK', ['float N 9'], { k: 5 }, ['float Nx5', 'int64 Nx5'], 9],
  ],
  recurrent: [
    [
      'LSTM',
      ['float T B 3', 'float 2 16 3', 'float 2 16 4'],
      { hidden_size: 4, direction: 'bidirectional' },
      ['float Tx2xBx4', 'float 2xBx4', 'float 2xBx4'],
    ],
    [
      'GRU',
      ['float B T 3', 'float 1 12 3', 'float 1 12 4'],
      { layout: 1, hidden_size: 4 },
      ['float BxTx1x4', 'float Bx1x4'],
    ],
  ],
  attention: [
    ['Attention', ['float B 4 L 8', 'float B 2 S 8', 'float B 2 S 6'], {}, ['float Bx4xLx6'], 23],
    [
      'Attention',
      ['float B L 32', 'float B S 16', 'float B S 16', '', 'float B 2 P 8', 'float B 2 P 8'],
      { q_num_heads: 4, kv_num_heads: 2 },
      ['float BxLx32', 'float Bx2xP + Sx8', 'float Bx2xP + Sx8'],
      23,
    ],
    ['com.microsoft.Attention', ['float B L 8', 'float 8 24', 'float 24'], { num_heads: 2 }, ['float BxLx8']],
    [
      'com.microsoft.MultiHeadAttention',
      ['float B L 8', 'float B S 8', 'float B S 12'],
      { num_heads: 2 },
      ['float BxLx12'],
    ],
    ['com.microsoft.MultiHeadAttention', ['float B L 2 3 4'], { num_heads: 2 }, ['float BxLx8']],
    [
      'com.microsoft.GroupQueryAttention',
      ['float B 1 64', '', '', 'float B 2 9 8', 'float B 2 9 8', 'int32 B', '=1 7'],
      { num_heads: 4, kv_num_heads: 2 },
      ['float Bx1x32', 'float Bx2x9x8', 'float Bx2x9x8'],
    ],
  ],
  quantized: [
    ['QuantizeLinear', ['float N 3', 'float', 'int8'], {}, ['int8 Nx3']],
    ['DequantizeLinear', ['int8 N 3', 'float16'], {}, ['float16 Nx3']],
    ['DynamicQuantizeLinear', ['float N 3'], {}, ['uint8 Nx3', 'float scalar', 'uint8 scalar']],
    ['com.microsoft.MatMulNBits', ['float N 5 64', 'uint8 10 2 16', 'float 20'], { K: 64, N: 10 }, ['float Nx5x10']],
    ['com.microsoft.DynamicQuantizeMatMul', ['float N 3', 'int8 3 5', 'float'], {}, ['float Nx5']],
    [
      'com.microsoft.QLinearConcat',
      ['float', 'uint8', 'uint8 N 3', 'float', 'uint8', 'uint8 N 5', 'float', 'uint8'],
      { axis: 1 },
      ['uint8 Nx8'],
    ],
    [
      'com.microsoft.GatherBlockQuantized',
      ['uint8 6 32', 'int64 L', 'float 6 2'],
      { block_size: 32, bits: 4, quantize_axis: 1 },
      ['float Lx64'],
    ],
    ['com.microsoft.FusedMatMul', ['float 3 2 4', 'float 2 4 5'], { transBatchA: 1 }, ['float 2x3x5']],
  ],
  others: [
    ['STFT', ['float B 128 1', '=1 8', 'float 16'], {}, ['float Bx15x9x2']],
    ['DFT', ['float B 10 1', '', '=1 1'], { onesided: 1 }, ['float Bx6x2']],
    ['MelWeightMatrix', ['=1 8', '=1 16', '=1 8192', 'float', 'float'], {}, ['float 9x8']],
    ['SoftmaxCrossEntropyLoss', ['float N 5', 'int64 N'], { reduction: 'none' }, ['float N', 'float Nx5']],
    ['SequenceConstruct', ['float 2', 'float 3'], {}, ['sequence']],
    ['ai.onnx.ml.Scaler', ['double N 4'], { scale: floats([1]) }, ['float Nx4']],
    ['ai.onnx.ml.TreeEnsembleRegressor', ['float N 4'], { n_targets: 2 }, ['float Nx2']],
    ['LRN', ['float N 3 4 4'], { size: 5, alpha: float(1) }, ['float Nx3x4x4']],
  ],
};

describe('operator rules', () => {
  for (const [suite, lines] of Object.entries(suites)) {
    describe(suite, () => {
      lines.forEach((line, index) => {
        const [opType, inputs, , , opset] = line;
        it(`${index}: ${opType}(${inputs.join(', ')})${opset === undefined ? '' : ` in opset ${opset}`}`, () =>
          check(line));
      });
    });
  }

  it('declares every operator once', () => {
    const keys = knownOperators().map((operator) => `${operator.domain}:${operator.name}`);
    assert.equal(new Set(keys).size, keys.length);
  });
});
