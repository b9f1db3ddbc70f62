/** Thirty small models that between them use most of what the engine knows: what fuzzing starts from. */
import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../src/onnx/schema/onnx_pb';
import { build, float, type ModelBuilder, type PortLike } from './models';
import { richModel } from './protoModels';

const image: PortLike = ['float', ['N', 3, 8, 8]];
const matrix: PortLike = ['float', ['N', 16]];
const sequence: PortLike = ['float', ['N', 'S', 16]];

/** A model of one node over `inputs`, with integer operands given as constants. */
function single(
  opType: string,
  input: PortLike,
  operands: Readonly<Record<string, readonly number[]>> = {},
  attributes: Parameters<ModelBuilder['node']>[3] = {},
): ModelBuilder {
  const builder = build({ inputs: { x: input } });
  for (const [name, values] of Object.entries(operands)) builder.initializer(name, 'int64', [values.length], values);
  return builder.node(opType, ['x', ...Object.keys(operands)], 'y', attributes).output('y');
}

function branches(): ModelBuilder {
  const builder = build({ inputs: { x: matrix, c: ['bool', []] } });
  const yes = builder.body().relu('x', 'yes').output('yes');
  const inner = builder.body();
  const deep = inner.body().node('Neg', ['x'], 'deep').output('deep');
  const other = inner.body().node('Abs', ['x'], 'other').output('other');
  inner.node('If', ['c'], 'no', { then_branch: deep, else_branch: other }).output('no');
  return builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: inner }).output('y', 'float', ['N', 16]);
}

function loop(): ModelBuilder {
  const builder = build({ inputs: { x: matrix } });
  builder.initializer('trips', 'int64', [], [3]).initializer('go', 'bool', [], [1]);
  const body = builder.body({ inputs: { i: ['int64', []], c: ['bool', []], state: ['float', ['N', 16]] } });
  body.node('Identity', ['c'], 'again').node('Add', ['state', 'x'], 'next').node('Neg', ['next'], 'each');
  body.output('again').output('next').output('each');
  return builder.node('Loop', ['trips', 'go', 'x'], ['last', 'all'], { body }).output('last').output('all');
}

function scan(): ModelBuilder {
  const builder = build({ inputs: { x: ['float', [4, 3]], s: ['float', [3]] } });
  const body = builder.body({ inputs: { sum: ['float', [3]], row: ['float', [3]] } });
  body.node('Add', ['sum', 'row'], 'more').node('Identity', ['more'], 'out').output('more').output('out');
  return builder.node('Scan', ['s', 'x'], ['y', 'z'], { body, num_scan_inputs: 1 }).output('y').output('z');
}

function shapeArithmetic(): ModelBuilder {
  const builder = build({ inputs: { x: ['float', ['N', 4, 'H', 'W']] } });
  builder.initializer('zero', 'int64', [1], [0]).initializer('rest', 'int64', [1], [-1]);
  builder.node('Shape', ['x'], 'shape').node('Gather', ['shape', 'zero'], 'batch');
  builder.node('Concat', ['batch', 'rest'], 'target', { axis: 0 });
  return builder.node('Reshape', ['x', 'target'], 'y').output('y');
}

function quantized(): ModelBuilder {
  const builder = build({ inputs: { x: matrix } });
  builder.initializer('s', 'float', [], [0.1]).initializer('z', 'uint8', [], [128]);
  builder.initializer('w', 'int8', [16, 8]).initializer('ws', 'float', [8]).initializer('wz', 'int8', [8]);
  builder.node('QuantizeLinear', ['x', 's', 'z'], 'q').node('DequantizeLinear', ['q', 's', 'z'], 'd');
  builder.node('DequantizeLinear', ['w', 'ws', 'wz'], 'dw', { axis: 1 });
  return builder.node('MatMul', ['d', 'dw'], 'y').output('y');
}

function attention(): ModelBuilder {
  const builder = build({ inputs: { x: sequence }, opsets: { 'com.microsoft': 1 } });
  builder.initializer('w', 'float', [16, 48]).initializer('b', 'float', [48]);
  builder.node('Attention', ['x', 'w', 'b'], 'a', { num_heads: 4 }, { domain: 'com.microsoft' });
  builder.initializer('g', 'float', [16]).initializer('h', 'float', [16]);
  builder.node('SkipLayerNormalization', ['a', 'x', 'g', 'h'], 'y', {}, { domain: 'com.microsoft' });
  return builder.output('y');
}

function recurrent(opType: string, gates: number): ModelBuilder {
  const builder = build({ inputs: { x: ['float', ['S', 'N', 5]] } });
  builder.initializer('w', 'float', [1, 4 * gates, 5]).initializer('r', 'float', [1, 4 * gates, 4]);
  return builder.node(opType, ['x', 'w', 'r'], ['y', 'h'], { hidden_size: 4 }).output('y').output('h');
}

function batchNorm(): ModelBuilder {
  const builder = build({ inputs: { x: image } }).conv('x', 'c', { channels: 4, inputChannels: 3, pad: 1 });
  for (const name of ['g', 'b', 'm', 'v']) builder.initializer(name, 'float', [4], [1, 2, 3, 4]);
  return builder.node('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], 'y').output('y');
}

function generated(): ModelBuilder {
  const builder = build({ inputs: { n: ['int64', []] } });
  builder.initializer('zero', 'int64', [], [0]).initializer('one', 'int64', [], [1]);
  builder.node('Range', ['zero', 'n', 'one'], 'r').node('Cast', ['r'], 'f', { to: 1 });
  return builder.node('NonZero', ['f'], 'y').output('y');
}

const builders: Readonly<Record<string, () => ModelBuilder>> = {
  convolutions: () =>
    build({ inputs: { x: image } })
      .conv('x', 'a', { channels: 4, inputChannels: 3, stride: 2 })
      .relu('a', 'b')
      .conv('b', 'y', { channels: 4, inputChannels: 4, group: 4, dilation: 1 })
      .output('y'),
  dense: () =>
    build({ inputs: { x: matrix } })
      .gemm('x', 'a', [16, 8])
      .relu('a', 'b')
      .matMul('b', 'y', [8, 2])
      .output('y'),
  branches,
  loop,
  scan,
  shapeArithmetic,
  quantized,
  attention,
  batchNorm,
  generated,
  lstm: () => recurrent('LSTM', 4),
  gru: () => recurrent('GRU', 3),
  maxPool: () => single('MaxPool', image, {}, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  averagePool: () => single('AveragePool', image, {}, { kernel_shape: [2, 2], ceil_mode: 1 }),
  globalPool: () => single('GlobalAveragePool', image),
  transpose: () => single('Transpose', sequence, {}, { perm: [0, 2, 1] }),
  reshape: () => single('Reshape', sequence, { shape: [0, -1, 4, 4] }),
  slice: () => single('Slice', image, { starts: [0, 1], ends: [1, 2 ** 40], axes: [0, -1], steps: [1, 2] }),
  pad: () => single('Pad', image, { pads: [0, 0, 1, 1, 0, 0, 1, 1] }),
  expand: () => single('Expand', matrix, { shape: [4, 1, 16] }),
  tile: () => single('Tile', matrix, { repeats: [2, 3] }),
  oneAxis: () => single('ReduceMean', image, {}, { axes: [2, 3], keepdims: 0 }),
  softmax: () => single('Softmax', sequence, {}, { axis: -1 }),
  depthToSpace: () => single('DepthToSpace', ['float', ['N', 8, 4, 4]], {}, { blocksize: 2 }),
  split: () =>
    build({ inputs: { x: matrix } })
      .initializer('sizes', 'int64', [2], [4, 12])
      .node('Split', ['x', 'sizes'], ['a', 'b'], { axis: 1 })
      .node('Concat', ['b', 'a'], 'y', { axis: 1 })
      .output('y'),
  gather: () =>
    build({ inputs: { i: ['int64', ['N', 'S']] } })
      .initializer('table', 'float', [100, 8])
      .node('Gather', ['table', 'i'], 'y')
      .output('y'),
  einsum: () =>
    build({ inputs: { a: ['float', ['B', 'I', 'K']], b: ['float', ['B', 'K', 'J']] } })
      .node('Einsum', ['a', 'b'], 'y', { equation: 'bik,bkj->bij' })
      .output('y'),
  resize: () =>
    build({ inputs: { x: image } })
      .initializer('scales', 'float', [4], [1, 1, 2, 2])
      .node('Resize', ['x', '', 'scales'], 'y', { mode: 'nearest' })
      .output('y'),
  layerNorm: () =>
    build({ inputs: { x: sequence } })
      .initializer('g', 'float', [16])
      .node('LayerNormalization', ['x', 'g'], 'n', { epsilon: float(1e-5) })
      .node('Erf', ['n'], 'y')
      .output('y'),
};

/** The models as files, by name. */
export function fuzzModels(): ReadonlyMap<string, Uint8Array> {
  const models = new Map<string, Uint8Array>([['everything', toBinary(ModelProtoSchema, richModel())]]);
  for (const [name, make] of Object.entries(builders)) models.set(name, make().bytes());
  return models;
}
