import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { pass, quantize } from '../../../test/support/quantizeWeights';
import { reorderedGates } from '../../../test/support/recurrent';
import { optimizedOperators, runPass } from '../../../test/support/runPass';
import { parseModel } from '../../graph/text/parse';

const image = (): ModelBuilder => build({ inputs: { x: ['float', [2, 8, 6, 6]] } });
const rows = (columns = 16): ModelBuilder => build({ inputs: { x: ['float', [4, columns]] } });
const stack = (): ModelBuilder => build({ inputs: { x: ['float', [2, 10, 8]] } });
const steps = (): ModelBuilder => build({ inputs: { x: ['float', [5, 2, 16]] } });

describe('passes/quantize-weights: roles', () => {
  const layers: [name: string, axis: number | undefined, builder: ModelBuilder][] = [
    ['Conv', 0, image().conv('x', 'y', { channels: 12, inputChannels: 8, name: 'w' })],
    [
      'ConvTranspose',
      1,
      image().initializer('w.weight', 'float', [8, 10, 3, 3]).node('ConvTranspose', ['x', 'w.weight'], 'y'),
    ],
    ['MatMul', 1, rows().matMul('x', 'y', [16, 30], { name: 'w' })],
    ['MatMul on the left', 0, rows().initializer('w.weight', 'float', [80, 4]).node('MatMul', ['w.weight', 'x'], 'y')],
    ['stacked MatMul', 2, stack().initializer('w.weight', 'float', [2, 8, 30]).node('MatMul', ['x', 'w.weight'], 'y')],
    ['Gemm', 1, rows().initializer('w.weight', 'float', [16, 30]).node('Gemm', ['x', 'w.weight'], 'y')],
    ['Gemm, transposed', 0, rows().gemm('x', 'y', [16, 30], { name: 'w' })],
    [
      'Gather',
      0,
      rows()
        .initializer('w.weight', 'float', [30, 16])
        .initializer('i', 'int64', [3], [1, 9, 29])
        .node('Gather', ['w.weight', 'i'], 'y'),
    ],
    [
      'LSTM',
      1,
      steps()
        .initializer('w.weight', 'float', [1, 32, 16])
        .initializer('r', 'float', [1, 32, 8])
        .node('LSTM', ['x', 'w.weight', 'r'], 'y', { hidden_size: 8 }),
    ],
    [
      'GRU',
      1,
      steps()
        .initializer('w.weight', 'float', [1, 24, 16])
        .initializer('r', 'float', [1, 24, 8])
        .node('GRU', ['x', 'w.weight', 'r'], 'y', { hidden_size: 8 }),
    ],
    [
      'a table of positions',
      1,
      rows(400)
        .initializer('w.weight', 'float', [1, 20, 20])
        .initializer('s', 'int64', [3], [4, 20, 20])
        .node('Reshape', ['x', 's'], 'r')
        .node('Add', ['r', 'w.weight'], 'y'),
    ],
    [
      'behind Transpose',
      0,
      rows()
        .initializer('w.weight', 'float', [30, 16])
        .node('Transpose', ['w.weight'], 't')
        .node('MatMul', ['x', 't'], 'y'),
    ],
    [
      'behind Identity',
      1,
      rows()
        .initializer('w.weight', 'float', [16, 30])
        .node('Identity', ['w.weight'], 't')
        .node('MatMul', ['x', 't'], 'y'),
    ],
    [
      'behind Cast',
      1,
      rows()
        .initializer('w.weight', 'double', [16, 30])
        .node('Cast', ['w.weight'], 't', { to: 1 })
        .node('MatMul', ['x', 't'], 'y'),
    ],
    [
      'behind Reshape',
      2,
      rows()
        .initializer('w.weight', 'float', [4, 4, 30])
        .initializer('s', 'int64', [2], [16, 30])
        .node('Reshape', ['w.weight', 's'], 't')
        .node('MatMul', ['x', 't'], 'y'),
    ],
    [
      'behind a Reshape that splits channels',
      undefined,
      rows()
        .initializer('w.weight', 'float', [480])
        .initializer('s', 'int64', [2], [16, 30])
        .node('Reshape', ['w.weight', 's'], 't')
        .node('MatMul', ['x', 't'], 'y'),
    ],
    ['channels of two elements', undefined, rows(2).matMul('x', 'y', [2, 300], { name: 'w' })],
  ];
  for (const [name, axis, builder] of layers) {
    it(`knows the output channels: ${name}`, async () => {
      const { model, changed } = await quantize(builder.output('y').model(), {}, 30);
      const { shape } = model.graph.initializers.get('w.weight_quantized')!.constant!;
      const scale = model.graph.initializers.get('w.weight_scale')!.constant!;
      assert.deepEqual(scale.shape, axis === undefined ? [] : shape.map((dim, index) => (index === axis ? dim : 1)));
      assert.ok(changed.length > 0);
      const left = Object.keys(await optimizedOperators(model)).filter((op) => op === 'Cast' || op === 'Mul');
      assert.deepEqual(left, [], 'the runtime folds what restores the weights');
    });
  }

  it('leaves alone what arithmetic computes with from a Constant node: boxes, positions; not what a layer reads', async () => {
    const values = Array.from({ length: 256 }, (_, i) => (i / 256).toFixed(4)).join(', ');
    const graph = (operator: string) =>
      parseModel(`<ir_version: 8, opset_import: ["": 17]> g (float[16, 16] x) => (float[16, 16] y) {
        c = Constant <value = float[16, 16] {${values}}> ()
        y = ${operator} (x, c)
      }`);
    const boxes = await runPass(pass, graph('Mul'));
    assert.deepEqual(boxes.changed, []);
    assert.match(boxes.skipped[0]!.reason, /number of the arithmetic/);
    assert.equal((await runPass(pass, graph('MatMul'))).changed.length, 1);
  });

  it('quantizes gates that the model reorders before a recurrent layer reads them', async () => {
    const { changed, skipped } = await quantize(reorderedGates().model());
    assert.deepEqual(
      changed.map(({ node, what }) => `${node}: ${what}`),
      ['lstm: float32 → int8 per channel (axis 0)'],
    );
    assert.deepEqual(skipped, []);
  });
});
