import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { initializers, lines, type Options, pass, quantize } from '../../../test/support/quantizeWeights';
import { countNodes, floatsOf, optimizedOperators, runModel, runPass } from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { toFloat32 } from '../../numerics/elements';
import { float16FromFloat32, float32FromFloat16 } from '../../numerics/half';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { Random } from '../../numerics/random';
import { type RuntimeTensor } from '../../runtime/port';

const rows = (columns: number, count = 3): ModelBuilder => build({ inputs: { x: ['float', [count, columns]] } });

/** Weights of a MatMulNBits node, [N][K], decoded from the definition of the operator alone. */
function decode(node: Node): number[][] {
  const [n, k, bits, size] = ['N', 'K', 'bits', 'block_size'].map((name) => node.int(name, 0)) as [
    number,
    number,
    number,
    number,
  ];
  const tensor = (index: number): Uint8Array => node.input(index)!.constant!.bytes();
  const codes = tensor(1);
  const scaleTensor = node.input(2)!.constant!;
  const scales = toFloat32(scaleTensor.dataType, scaleTensor.bytes(), scaleTensor.size);
  const zeros = node.input(3) ? tensor(3) : undefined;
  const blocks = Math.ceil(k / size);
  const zeroRow = Math.ceil((blocks * bits) / 8);
  const at = (bytes: Uint8Array, bit: number): number => (bytes[bit >> 3]! >> (bit & 7)) & (2 ** bits - 1);
  return Array.from({ length: n }, (_, row) =>
    Array.from({ length: k }, (__, column) => {
      const block = Math.floor(column / size);
      const code = at(codes, (row * blocks * size + column) * bits);
      const zero = zeros ? at(zeros, row * zeroRow * 8 + block * bits) : 2 ** (bits - 1);
      return (code - zero) * scales[row * blocks + block]!;
    }),
  );
}

/** x · Wᵀ in float64. */
const product = (x: Float32Array, weight: readonly number[][], k: number): number[] => {
  const out: number[] = [];
  for (let row = 0; row < x.length / k; row++) {
    for (const line of weight) out.push(line.reduce((sum, w, index) => sum + w * x[row * k + index]!, 0));
  }
  return out;
};

const nodesOf = (model: Model, opType: string): Node[] =>
  [...model.graph.allNodes()].filter((node) => node.opType === opType);

const feed = (shape: readonly number[], seed = 5): RuntimeTensor => ({
  dataType: 'float',
  shape,
  data: new Random(seed).normals(shape.reduce((a, b) => a * b, 1)),
});

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const top = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance * top, `${i}: ${actual[i]} ${expected[i]}`);
  }
}

describe('passes/quantize-weights: blocks', () => {
  for (const bits of [8, 4, 2]) {
    for (const blockSize of [16, 32, 128]) {
      for (const symmetric of [true, false]) {
        const name = `${bits} bits, blocks of ${blockSize}, ${symmetric ? 'symmetric' : 'asymmetric'}`;
        it(`MatMulNBits computes with what is stored: ${name}`, async () => {
          // 200 inputs fill no whole number of blocks of 16 to 128.
          const model = rows(200).matMul('x', 'y', [200, 48], { name: 'fc' }).output('y', 'float', [3, 48]).model();
          const options: Options = { bits, blockSize, symmetric, form: 'matmul-nbits', accuracyLevel: 1 };
          const { model: packed, changed } = await runPass(pass, model, { options });
          assert.equal(changed[0]!.what, `float32 → ${bits} bits, blocks of ${blockSize}`);
          const node = nodesOf(packed, 'MatMulNBits')[0]!;
          assert.equal(node.name, 'fc');
          const weight = decode(node);
          const x = feed([3, 200]);
          const y = floatsOf((await runModel(packed, { x })).y);
          assertNear(y, product(x.data as Float32Array, weight, 200), 2e-6);
          // As close to the float weights as the account says.
          const source = model.graph.initializers.get('fc.weight')!.constant!;
          const float = toFloat32('float', source.bytes(), source.size);
          let [signal, noise] = [0, 0];
          weight.forEach((line, n) => {
            line.forEach((w, k) => {
              const x = float[k * 48 + n]!;
              signal += x * x;
              noise += (x - w) ** 2;
            });
          });
          assert.ok(Math.abs(10 * Math.log10(signal / noise) - changed[0]!.weightSqnrDb!) < 0.01);
          assert.ok(changed[0]!.weightSqnrDb! > { 8: 38, 4: 15, 2: 2 }[bits]!);
        });
      }
    }
  }

  it('reads weights that are stored transposed, and takes a bias along', async () => {
    const model = rows(64).gemm('x', 'y', [64, 40], { name: 'fc' }).output('y', 'float', [3, 40]).model();
    const { model: packed } = await runPass(pass, model, { options: { bits: 4, accuracyLevel: 1 } });
    assert.deepEqual(lines(packed.graph), ['MatMulNBits(x, fc.weight_Q4, fc.weight_scales, , , fc.bias) -> y']);
    assert.deepEqual(initializers(packed.graph), {
      'fc.bias': 'float[40]',
      'fc.weight_Q4': 'uint8[40,2,16]',
      'fc.weight_scales': 'float[40,2]',
    });
    const x = feed([3, 64]);
    const node = nodesOf(packed, 'MatMulNBits')[0]!;
    const bias = toFloat32('float', node.input(5)!.constant!.bytes(), 40);
    const expected = product(x.data as Float32Array, decode(node), 64).map((value, index) => value + bias[index % 40]!);
    assertNear(floatsOf((await runModel(packed, { x })).y), expected, 2e-6);
  });

  it('adds what is no row of constants behind the product', async () => {
    const builder = rows(64)
      .initializer('w', 'float', [64, 40])
      .initializer('c', 'float', [3, 40])
      .node('Gemm', ['x', 'w', 'c'], 'y', {}, { name: 'fc' })
      .output('y', 'float', [3, 40]);
    const { model } = await quantize(builder.model(), { bits: 4 }, 15);
    assert.deepEqual(lines(model.graph), [
      'MatMulNBits(x, w_Q4, w_scales) -> y_MatMulNBits_Output',
      'Add(y_MatMulNBits_Output, c) -> y',
    ]);
  });

  it('ties an embedding and the product by its transpose: packed once', async () => {
    const builder = build({ inputs: { i: ['int64', [2, 5]] } })
      .initializer('table', 'float', [100, 64])
      .node('Gather', ['table', 'i'], 'e', {}, { name: 'embedding' })
      .node('Transpose', ['table'], 't', { perm: [1, 0] })
      .node('MatMul', ['e', 't'], 'y', {}, { name: 'head' })
      .output('y', 'float', [2, 5, 100]);
    const { model, changed } = await runPass(pass, builder.model(), { options: { bits: 4, symmetric: false } });
    assert.deepEqual(lines(model.graph), [
      'Reshape(table_Q4, table_Q4_rows) -> table_Q4_Reshape_Output',
      'GatherBlockQuantized(table_Q4_Reshape_Output, i, table_scales, table_zero_points) -> e',
      'MatMulNBits(e, table_Q4, table_scales, table_zero_points) -> y',
    ]);
    assert.deepEqual(
      changed.map(({ node, what }) => [node, what]),
      [
        ['embedding', 'float32 → 4 bits, blocks of 32'],
        ['head', 'shares the weights of embedding'],
      ],
    );
    assert.deepEqual(await optimizedOperators(model), { GatherBlockQuantized: 1, MatMulNBits: 1 });
  });

  it('looks rows up in packed embeddings', async () => {
    for (const bits of [8, 4, 2]) {
      for (const symmetric of [true, false]) {
        const builder = build({ inputs: { i: ['int64', [2, 5]] } })
          .initializer('table', 'float', [50, 96])
          .node('Gather', ['table', 'i'], 'y', {}, { name: 'embedding' })
          .output('y', 'float', [2, 5, 96]);
        const options: Options = { bits, symmetric, form: 'matmul-nbits', blockSize: 64 };
        const { model, changed } = await runPass(pass, builder.model(), { options });
        assert.equal(changed[0]!.what, `float32 → ${bits} bits, blocks of 32`, 'the largest that divides 96');
        const i: RuntimeTensor = {
          dataType: 'int64',
          shape: [2, 5],
          data: BigInt64Array.from({ length: 10 }, (_, n) => BigInt(n * 5)),
        };
        const [a, b] = [await runModel(builder.model(), { i }), await runModel(model, { i })];
        const [before, after] = [floatsOf(a.y), floatsOf(b.y)];
        let [signal, noise] = [0, 0];
        before.forEach((x, index) => {
          signal += x * x;
          noise += (x - after[index]!) ** 2;
        });
        assert.ok(10 * Math.log10(signal / noise) > { 8: 38, 4: 15, 2: 2 }[bits]!);
      }
    }
  });

  describe('of products in bodies, with weights in there or outside', () => {
    const twoBodies = (): Model => {
      const builder = build({ inputs: { c: ['bool', []], x: ['float', [2, 64]] } });
      builder.initializer('outer', 'float', [64, 32]);
      const yes = builder.body({ name: 'yes' }).node('MatMul', ['x', 'outer'], 'a').output('a', 'float', [2, 32]);
      const no = builder.body({ name: 'no' }).initializer('inner', 'float', [64, 32]);
      no.node('MatMul', ['x', 'inner'], 'b').output('b', 'float', [2, 32]);
      return builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }).output('y').model();
    };

    it('packs weights where they are', async () => {
      const { model } = await quantize(twoBodies(), { bits: 4 }, 15);
      assert.equal(countNodes(model, 'MatMulNBits'), 2);
      assert.deepEqual(Object.keys(initializers(model.graph)), ['outer_Q4', 'outer_scales']);
    });

    for (const bits of [8, 4] as const) {
      it(`dequantizes ${bits} bits within the body, where ONNX Runtime looks for them`, async () => {
        const { model } = await quantize(twoBodies(), { bits, form: 'dequantize-linear' }, 15);
        assert.equal(countNodes(model, 'DequantizeLinear'), 2);
      });
    }
  });

  it('packs float16 weights for float16 products', async () => {
    const values = float16FromFloat32(new Random(3).normals(64 * 32));
    const builder = rows(64)
      .initializer('w', 'float16', [64, 32], values)
      .node('Cast', ['x'], 'h', { to: 10 })
      .node('MatMul', ['h', 'w'], 'm', {}, { name: 'fc' })
      .node('Cast', ['m'], 'y', { to: 1 })
      .output('y', 'float', [3, 32]);
    const { model, changed } = await quantize(builder.model(), { bits: 4, accuracyLevel: 1 }, 15);
    assert.equal(changed[0]!.what, 'float16 → 4 bits, blocks of 32');
    assert.equal(initializers(model.graph).w_scales, 'float16[32,2]');
    assert.ok(float32FromFloat16(values).every(Number.isFinite));
  });

  it('half-quadratic is closer than rounding to nearest', async () => {
    const model = rows(256).matMul('x', 'y', [256, 128], { name: 'fc' }).output('y').model();
    const of = async (method: 'rtn' | 'hqq'): Promise<number> =>
      (await runPass(pass, model, { options: { bits: 4, method, keepSums: false } })).changed[0]!.weightSqnrDb!;
    const [rtn, hqq] = [await of('rtn'), await of('hqq')];
    assert.ok(hqq > rtn + 0.15, `${rtn.toFixed(2)} → ${hqq.toFixed(2)} dB`);
  });

  it('does not shift outputs behind activations that have a mean', async () => {
    const model = rows(256, 64).relu('x', 'r').matMul('r', 'y', [256, 128], { name: 'fc' }).output('y').model();
    const x = feed([64, 256]);
    const float = floatsOf((await runModel(model, { x })).y);
    const db = async (keepSums: boolean): Promise<number> => {
      const { model: packed } = await runPass(pass, model, { options: { bits: 4, keepSums, accuracyLevel: 1 } });
      return sqnrDb(differencePower(float, floatsOf((await runModel(packed, { x })).y)));
    };
    const [plain, kept] = [await db(false), await db(true)];
    assert.ok(kept > plain + 1.5, `${plain.toFixed(2)} → ${kept.toFixed(2)} dB`);
  });
});
