import assert from 'node:assert/strict';
import { multiplyHere } from '../../test/support/matrices';
import { type AttributeLike, build } from '../../test/support/models';
import { floatsOf, runModel } from '../../test/support/runPass';
import { Random } from '../numerics/random';
import { Moments } from './moments';
import { gatherInputs, gatherOutputs, noWindow, positionCount, samplePositions, slidingOf } from './patches';

describe('pass/patches', () => {
  const windows: readonly Readonly<Record<string, AttributeLike>>[] = [
    { strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 2] },
    { strides: [2, 3], auto_pad: 'SAME_UPPER' },
    { strides: [2, 2], auto_pad: 'SAME_LOWER' },
    { auto_pad: 'VALID', dilations: [2, 1] },
  ];
  for (const attributes of windows) {
    it(`reads what a convolution reads (${JSON.stringify(attributes)})`, async () => {
      const model = build({ inputs: { x: ['float', [2, 3, 9, 8]] } })
        .initializer('w', 'float', [5, 3, 3, 2])
        .node('Conv', ['x', 'w'], 'y', attributes, { name: 'c' })
        .output('y')
        .model();
      const x = { dataType: 'float' as const, shape: [2, 3, 9, 8], data: new Random(2).normals(432) };
      const { y } = await runModel(model, { x });
      const [node] = [...model.graph.nodes()];
      const window = slidingOf(node!, [3, 2]);
      const weights = floatsOf({
        ...x,
        data: new Float32Array(model.graph.initializers.get('w')!.constant!.bytes().slice().buffer),
      });
      const count = positionCount(x.shape, window);
      assert.equal(count, y!.data.length / 5);
      const positions = samplePositions(count, 7, 1);
      assert.equal(new Set(positions).size, 7);
      const [rows, outputs] = [gatherInputs(x, window, positions), gatherOutputs(y!, false, positions)];
      for (let row = 0; row < 7; row++) {
        for (let o = 0; o < 5; o++) {
          let sum = 0;
          for (let i = 0; i < 18; i++) sum += rows[row * 18 + i]! * weights[o * 18 + i]!;
          assert.ok(Math.abs(sum - outputs[row * 5 + o]!) < 1e-5);
        }
      }
    });
  }

  it('takes all positions when there are no more, and rows of products', () => {
    assert.deepEqual([...samplePositions(3, 8, 1)], [0, 1, 2]);
    const tensor = {
      dataType: 'float' as const,
      shape: [2, 2, 3],
      data: Float32Array.from({ length: 12 }, (_, i) => i),
    };
    assert.equal(positionCount(tensor.shape, noWindow), 4);
    assert.deepEqual([...gatherInputs(tensor, noWindow, Int32Array.of(3, 1))], [9, 10, 11, 3, 4, 5]);
  });
});

describe('pass/moments', () => {
  it('adds up in blocks what was added in pieces, columns of wider rows too', async () => {
    const random = new Random(1);
    const rows = Float64Array.from({ length: 5000 * 4 }, () => random.normal());
    const moments = new Moments(2, multiplyHere, 1);
    for (const [from, to] of [
      [0, 3],
      [3, 4100],
      [4100, 5000],
    ] as const) {
      const part = rows.subarray(from * 4, to * 4);
      await moments.add(part, part, { stride: 4, from: 1, targetStride: 4, targetFrom: 3 });
    }
    const { count, gram, inputs, cross, targets, targetSquares } = await moments.sums();
    const expected = { gram01: 0, input1: 0, cross0: 0, target: 0, square: 0 };
    for (let row = 0; row < 5000; row++) {
      const [a, b, y] = [rows[row * 4 + 1]!, rows[row * 4 + 2]!, rows[row * 4 + 3]!];
      expected.gram01 += a * b;
      expected.input1 += b;
      expected.cross0 += y * a;
      expected.target += y;
      expected.square += y * y;
    }
    assert.equal(count, 5000);
    const found = [gram.data[1]!, inputs[1]!, cross.data[0]!, targets[0]!, targetSquares[0]!];
    found.forEach((value, i) => assert.ok(Math.abs(value - Object.values(expected)[i]!) < 1e-8));
  });
});
